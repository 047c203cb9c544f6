/**
 * The page tokens of a `Link` header by relation, as the dashboard finds them: the text between the last `page_token=` and the last
 * `&`. @see https://github.com/authlance/loop packages/identity/src/browser/hooks/useClients.tsx
 */
export function tokensOfLink(link: string): Map<string, string> {
  return new Map(
    link.split(',').map((part) => {
      const rel = part.slice(part.lastIndexOf('rel="'), part.lastIndexOf('"'))
      const token = part.slice(part.lastIndexOf('page_token='), part.lastIndexOf('&'))
      return [rel.replace('rel="', ''), token.replace('page_token=', '')]
    }),
  )
}
