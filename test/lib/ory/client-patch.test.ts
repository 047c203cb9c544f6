import { describe, expect, it } from 'vitest'
import { splitRedirectUris } from '../../../lib/ory/client-patch.ts'

const A = 'https://a.example/cb'
const B = 'https://b.example/cb'

describe('redirect URIs that the dashboard joins by commas', () => {
  it.each([
    ['/redirect_uris', [`${A}, ${B}`], [A, B]],
    ['/redirect_uris', [`${A},${B}`], [A, B]],
    ['/redirect_uris', [` ${A} ,\n${B}, `], [A, B]],
    ['/redirect_uris', [A, `${B},com.example.app:/cb`], [A, B, 'com.example.app:/cb']],
    ['/redirect_uris', `${A}, ${B}`, [A, B]],
    ['/post_logout_redirect_uris', [`${A}, ${B}`], [A, B]],
    ['/redirect_uris', [`${A}?ids=1,2`, `${B}?x=a,b:c`], [`${A}?ids=1,2`, `${B}?x=a,b:c`]],
    ['/redirect_uris', [], []],
    ['/redirect_uris', [1], [1]],
    ['/client_name', 'Smith, Jones, https://x.example', 'Smith, Jones, https://x.example'],
  ])('at %s are parted: %j', (path, value, parted) => {
    const name = { op: 'replace', path: '/scope', value: 'openid' } as const
    expect(splitRedirectUris([name, { op: 'replace', path, value }])).toEqual([
      name,
      { op: 'replace', path, value: parted },
    ])
  })

  it('are added one by one at the end of a list', () => {
    const path = '/redirect_uris/-'
    expect(splitRedirectUris([{ op: 'add', path, value: `${A}, ${B}` }])).toEqual([
      { op: 'add', path, value: A },
      { op: 'add', path, value: B },
    ])
  })
})
