/** Text that a column of `maxCharacters` takes: whole characters, never half of a surrogate pair. */
export function fitText(text: string, maxCharacters: number): string {
  const wellFormed = text.toWellFormed()
  return wellFormed.length <= maxCharacters
    ? wellFormed
    : Array.from(wellFormed).slice(0, maxCharacters).join('')
}
