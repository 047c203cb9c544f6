import { describe, expect, it } from 'vitest'
import { clientLinks } from '../../../lib/ory/client-links.ts'
import { tokensOfLink } from '../../parts/dashboard-links.ts'

const hydras = (rel: string, token: string) =>
  `<http://hydra:4445/admin/clients?page=1&page_size=10&page_token=${token}&per_page=10>; rel="${rel}"`

describe('the Link header of a page of clients', () => {
  it('points to us, with the token where the dashboard looks for it', () => {
    const link = [
      hydras('first', 'eyJvIjowfQ'),
      hydras('next', 'eyJvIjoyMH0'),
      hydras('prev', 'eyJvIjowfQ'),
    ].join(',')
    const ours = clientLinks(
      link,
      { page_size: 10, page_token: 'x', client_name: 'a,b&c>d"', owner: 'o' },
      10,
    )
    expect(ours).not.toContain('hydra')
    expect(tokensOfLink(ours)).toEqual(
      new Map([
        ['first', 'eyJvIjowfQ'],
        ['next', 'eyJvIjoyMH0'],
        ['prev', 'eyJvIjowfQ'],
      ]),
    )
    expect(ours.split(',')[1]).toBe(
      '</authlance/openid/admin/clients?client_name=a%2Cb%26c%3Ed%22&owner=o&page_token=eyJvIjoyMH0&page_size=10>; rel="next"',
    )
  })

  it.each([[undefined], [''], ['nonsense'], ['<http://[broken>; rel="next"']])(
    'is there even when Hydra gives %j',
    (link) => {
      const ours = clientLinks(link, { page_size: 10 }, 10)
      expect(ours).toBe('</authlance/openid/admin/clients?page_size=10>; rel="first"')
      expect(tokensOfLink(ours).get('next')).toBeUndefined()
    },
  )

  it('leads to no page before the first or after the last one', () => {
    const all = ['first', 'next', 'prev', 'last'].map((rel) => hydras(rel, 'abc')).join(',')
    const rels = (query: object, count: number) => [
      ...tokensOfLink(clientLinks(all, { page_size: 10, ...query }, count)).keys(),
    ]
    expect(rels({}, 0)).toEqual(['first'])
    expect(rels({}, 10)).toEqual(['first', 'next', 'last'])
    expect(rels({ page_token: 'x' }, 9)).toEqual(['first', 'prev'])
  })
})
