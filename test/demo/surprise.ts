/** Something went otherwise than the story says. */
export class Surprise extends Error {
  override readonly name = 'Surprise'
}
