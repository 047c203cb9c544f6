/** Object storage for avatars. */
export interface AvatarStore {
  /**
   * Stores an image under a random key.
   * @returns its public URL
   * @throws {ApiError} `storage_unavailable`
   */
  put(bytes: Uint8Array<ArrayBuffer>, type: { mime: string; ext: string }): Promise<string>
}
