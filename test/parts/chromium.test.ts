import { describe, expect, test } from 'vitest'
import { requirePart } from './available.ts'
import { launchChromium } from './chromium.ts'

describe.skipIf(requirePart('chromium'))('launchChromium', () => {
  test('opens a page and runs its script', async () => {
    await using browser = await launchChromium()
    const page = await browser.newPage()
    await page.setContent('<p id="out"></p><script>out.textContent = 6 * 7</script>')
    expect(await page.textContent('#out')).toBe('42')
  })
})
