import { describe, expect, test } from 'vitest'
import { imageTypeOf } from '../../../lib/identity/image-type.ts'

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

describe('imageTypeOf', () => {
  test.each([
    ['image/png', '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'],
    ['image/jpeg', '\xff\xd8\xff\xe0\0\x10JFIF'],
    ['image/gif', 'GIF89a\x01\0\x01\0'],
    ['image/gif', 'GIF87a\x01\0\x01\0'],
    ['image/webp', 'RIFF\x1a\0\n\0WEBPVP8L'],
  ])('knows %s by its first bytes', (mime, start) => {
    expect(imageTypeOf(latin1(start))?.mime).toBe(mime)
  })

  test.each([
    ['an SVG', '<svg xmlns="http://www.w3.org/2000/svg">'],
    ['a page', '<!doctype html><script>'],
    ['a page that names an image later', '<!-- GIF89a -->'],
    ['a sound in the same container as WebP', 'RIFF\x1a\0\0\0WAVEfmt '],
    ['a cut signature', '\x89PNG\r\n'],
    ['nothing', ''],
  ])('refuses %s', (_, start) => {
    expect(imageTypeOf(latin1(start))).toBeUndefined()
  })
})
