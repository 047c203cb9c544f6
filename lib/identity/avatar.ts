import { ApiError } from '../http/errors.ts'
import type { AvatarStore } from './avatar-store.ts'
import { imageTypeOf } from './image-type.ts'

/**
 * Stores an uploaded image and gives its URL. The type comes from the magic bytes, never from what the browser says: an SVG or HTML
 * file under our name would run as a page.
 * @throws {ApiError} `avatar_storage_missing`, `avatar_invalid`, `storage_unavailable`
 */
export async function storeAvatar(
  file: File,
  store: AvatarStore | undefined,
  maxBytes: number,
): Promise<string> {
  if (!store) throw new ApiError('avatar_storage_missing')
  if (file.size > maxBytes) throw new ApiError('avatar_invalid')
  const bytes = new Uint8Array(await file.arrayBuffer())
  const type = imageTypeOf(bytes)
  if (!type) throw new ApiError('avatar_invalid')
  return store.put(bytes, type)
}
