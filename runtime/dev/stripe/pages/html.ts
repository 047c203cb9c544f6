/** Markup: all that stands in it has been escaped. */
export interface Html {
  readonly markup: string
}

type Part = Html | string | number | null | undefined | false | Part[]

/** Markup with its values escaped; markup within markup stays as it is, and what is empty is left out. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = strings[0] ?? ''
  for (const [at, part] of parts.entries()) markup += render(part) + strings[at + 1]
  return { markup }
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (Array.isArray(part)) return part.map(render).join('')
  if (typeof part === 'object') return part.markup
  return escapeHtml(String(part))
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
