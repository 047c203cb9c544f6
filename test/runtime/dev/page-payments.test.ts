import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requirePart } from '../../parts/available.ts'
import { launchChromium } from '../../parts/chromium.ts'
import { tempDir } from '../../parts/temp-dir.ts'
import { codeFor, expectStatus, signUp, tabTo, type, visit } from './page-visitor.ts'
import { type DevProcess, startDev } from './start-dev.ts'

const PASSWORD = 'analytical engine no 1'

/** Of what comes by the webhook. */
const SOON = { timeout: 10_000 }

describe.skipIf(requirePart('chromium'))('payments on the page of the development stack', () => {
  let dev: DevProcess
  let browser: Browser

  beforeAll(async () => {
    dev = await startDev(tempDir('page-payments'))
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await dev?.stop()
  })

  test('lead from a plan and a name to a group, by the keyboard alone', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUpVerified(page, 'ada@example.com')
    await page.selectOption('#buy-tier', 'company_yearly')
    await retype(page, '#buy-name', 'Engines Ltd')
    await retype(page, '#buy-slug', 'engines')
    await expect.poll(() => page.textContent('#buy-hint')).toBe('engines can be had.')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/checkout\/cs_test_/)
    expect(await page.textContent('main')).toContain('Company')

    await tabTo(page, 'button[value=pay]')
    await page.keyboard.press('Enter')
    await expectStatus(page, 'The plan is bought')

    expect(new URL(page.url()).pathname).toBe('/')
    await expect.poll(() => page.textContent('#plan-list'), SOON).toMatch(/Company.*engines.*trialing/)
    expect(await page.textContent('#token-claims')).toContain('engines')
    await expect.poll(() => page.getAttribute('#step-plan', 'class')).toBe('done')
    await expect.poll(() => subjects(page), SOON).toContain('payment.success')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('show a bill that is declined and then paid as it happens, each press said aloud', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUpVerified(page, 'billed@example.com')
    await buy(page, 'billed-works')

    await press(page, 'Let the card be declined')
    await expectStatus(page, 'The card will be declined.')
    await press(page, 'Go to the next bill')
    await expect.poll(() => page.textContent('#plan-list'), SOON).toContain('past_due')
    expect(await page.textContent('#plan-list')).toContain('One try to collect the bill failed.')
    await expect.poll(() => subjects(page), SOON).toContain('payment.declined')

    await press(page, 'Let the card work')
    await press(page, 'Go to the next try')
    await expect
      .poll(async () => (await page.textContent('#plan-list'))?.replace(/It is.*/, ''), SOON)
      .toMatch(/billed-works.*active/)
    await expect
      .poll(
        () => page.locator('#event-list li', { hasText: /payment\.success.*billed@example\.com/ }).count(),
        SOON,
      )
      .toBe(2)
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('keep a buyer whose card is declined at the checkout, and tell one whose bank takes its time', async () => {
    const { page } = await visit(browser, dev.url)
    await signUpVerified(page, 'second@example.com')
    await buy(page, 'first-works')

    await goToCheckout(page, 'second-works')
    await page.click('button[value=decline]')
    await page.locator('[role=alert]').waitFor()
    expect(await page.textContent('[role=alert]')).toBe('Your card was declined.')
    await page.click('button[value=debit]')
    await expectStatus(page, 'The payment is on its way')
    await page.locator('#plan-list', { hasText: 'first-works' }).waitFor()
    expect(await page.textContent('#plan-list')).not.toContain('second-works')
    await page.context().close()
  })

  test('keep what Stripe sent out of sight until it is asked for', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUpVerified(page, 'raw@example.com')
    await buy(page, 'raw-works')
    await press(page, 'Go to the next bill')
    await page.locator('.raw-event').first().waitFor({ state: 'attached' })
    expect(await page.locator('.raw-event:visible').count()).toBe(0)

    await page.check('#show-raw')
    expect(await page.locator('.raw-event:visible').count()).toBeGreaterThan(0)
    expect(await page.textContent('.raw-event')).toContain('stripe.webhook.event')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('change the plan in the portal, and show it on the way back', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUpVerified(page, 'portal@example.com')
    await buy(page, 'portal-works')
    await press(page, 'Go to the next bill')
    await expect
      .poll(async () => (await page.textContent('#plan-list'))?.replace(/It is.*/, ''), SOON)
      .toMatch(/portal-works.*active/)

    await press(page, 'Manage')
    await page.waitForURL(/\/portal\//)
    const company = await page.locator('option', { hasText: 'Company' }).first().getAttribute('value')
    await page.selectOption('select[name=price]', company)
    await page.click('button[value=change]')
    await page.click('text=Back to the shop')
    await expectStatus(page, 'Back from the portal.')
    await expect.poll(() => page.textContent('#plan-list'), SOON).toMatch(/Company.*portal-works/)
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('say that a name is taken beside the field, and ask for an address that is verified first', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUp(page, { email: 'late@example.com', password: PASSWORD })
    await page.locator('#buy-unverified').waitFor()
    expect(await page.isVisible('#buy-form')).toBe(false)

    await verify(page, 'late@example.com')
    await retype(page, '#buy-slug', 'operators')
    await page.keyboard.press('Enter')
    await page.locator('#buy-slug-problem').waitFor()
    expect(await page.textContent('#buy-slug-problem')).toBe('operators is taken, or no name for a group.')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('buy-slug')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('come back without a plan when the checkout is cancelled, and fit a phone of 360 px', async () => {
    const { page, complaints } = await visit(browser, dev.url, { viewport: { width: 360, height: 740 } })
    await signUpVerified(page, 'phone@example.com')
    await page.click('#buy-form [type=submit]')
    await page.waitForURL(/\/checkout\//)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    await page.click('button[value=cancel]')
    await page.waitForSelector('#live.on')
    await expect.poll(() => page.textContent('#plan-list'), SOON).toContain('nobody pays for it')

    await buy(page, 'phone-works')
    await press(page, 'Let the card be declined')
    await press(page, 'Go to the next bill')
    await expect.poll(() => page.textContent('#plan-list'), SOON).toContain('past_due')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    expect(complaints()).toEqual([])
    await page.context().close()
  })
})

async function signUpVerified(page: Page, email: string): Promise<void> {
  await signUp(page, { first: 'Ada', last: 'Lovelace', email, password: PASSWORD })
  await verify(page, email)
}

async function verify(page: Page, email: string): Promise<void> {
  await type(page, '#ve-code', await codeFor(page, email))
  await page.keyboard.press('Enter')
  await page.locator('#buy-form').waitFor()
}

async function retype(page: Page, selector: string, text: string): Promise<void> {
  await tabTo(page, selector)
  await page.keyboard.press('ControlOrMeta+A')
  await page.keyboard.type(text)
}

/** Buys the first plan on offer, from the form to the way back. */
async function buy(page: Page, name: string): Promise<void> {
  await goToCheckout(page, name)
  await page.click('button[value=pay]')
  await expectStatus(page, 'The plan is bought')
}

async function goToCheckout(page: Page, name: string): Promise<void> {
  await page.fill('#buy-slug', name)
  await page.fill('#buy-name', 'Works & Co')
  await page.click('#buy-form [type=submit]')
  await page.waitForURL(/\/checkout\//)
}

/** By its visible words: several groups may have the same button. */
async function press(page: Page, text: string): Promise<void> {
  await page.locator('#plan-list button', { hasText: text }).first().click()
}

function subjects(page: Page): Promise<string[]> {
  return page.locator('#event-list li:not(.raw-event) .subject').allTextContents()
}
