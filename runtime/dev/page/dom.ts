type Child = Node | string

/** An element of the page that is known to be there. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no #${id}`)
  return found as T
}

/** Makes an element; children that are text stay text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...children)
  return made
}

export function show(id: string, visible: boolean): void {
  byId(id).hidden = !visible
}

/** Moves a keyboard's or a screen reader's place to a heading. */
export function moveTo(id: string): void {
  byId(id).focus()
}

let fading: ReturnType<typeof setTimeout> | undefined

/** Says something in passing, also to screen readers. */
export function announce(text: string): void {
  byId('status').textContent = text
  clearTimeout(fading)
  fading = setTimeout(() => byId('status').replaceChildren(), 7000)
}

export function timeOfDay(milliseconds: number): string {
  return new Date(milliseconds).toLocaleTimeString(undefined, { timeStyle: 'medium' })
}
