export interface ImageType {
  mime: string
  ext: string
}

/**
 * The type of a PNG, JPEG, GIF or WebP image by its magic bytes, as browsers sniff it; undefined for anything else.
 * It does not check that the image is whole.
 * @see https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern
 */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const head = String.fromCharCode(...bytes.subarray(0, 12))
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return { mime: 'image/png', ext: 'png' }
  if (head.startsWith('\xff\xd8\xff')) return { mime: 'image/jpeg', ext: 'jpg' }
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return { mime: 'image/gif', ext: 'gif' }
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return { mime: 'image/webp', ext: 'webp' }
  return undefined
}
