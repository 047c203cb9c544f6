import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ADMINISTRATOR } from '../../../runtime/dev/dev-config.ts'
import { requirePart } from '../../parts/available.ts'
import { launchChromium } from '../../parts/chromium.ts'
import { tempDir } from '../../parts/temp-dir.ts'
import { codeFor, expectStatus, signUp, tabTo, type, visit } from './page-visitor.ts'
import { type DevProcess, startDev } from './start-dev.ts'

const PASSWORD = 'analytical engine no 1'

describe.skipIf(requirePart('chromium'))('the page of the development stack', () => {
  let dev: DevProcess
  let browser: Browser

  beforeAll(async () => {
    dev = await startDev(tempDir('page'))
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await dev?.stop()
  })

  test('leads from an account to a verified address and out again, by the keyboard alone', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    const email = 'ada@example.com'

    await signUp(page, { first: 'Ada', last: 'Lovelace', email, password: PASSWORD })
    expect(await page.textContent('#person-title')).toBe('Ada Lovelace')
    expect(await page.textContent('#token-life')).toMatch(/^1[45] min \d\d s left$/)
    await expect.poll(() => page.textContent('#group-list'), { timeout: 10_000 }).toContain('group-admin')
    await expect.poll(() => page.textContent('#tier-list'), { timeout: 10_000 }).toContain('Standard')
    const subjects = page.locator('#event-list .subject')
    await expect
      .poll(async () => (await subjects.allTextContents()).slice(0, 4), { timeout: 10_000 })
      .toEqual(['user.authenticated', 'subscription.created', 'group.created', 'user.created'])

    await type(page, '#ve-code', await codeFor(page, email))
    await page.keyboard.press('Enter')
    await expectStatus(page, 'Your address is verified.')
    expect(await page.textContent('#person-badges')).toContain('address verified')
    expect(await page.isVisible('#verify-card')).toBe(false)

    await tabTo(page, '#sign-out')
    await page.keyboard.press('Enter')
    await expectStatus(page, 'You are signed out')
    expect(await page.isVisible('#token')).toBe(false)

    await type(page, '#in-email', email)
    await type(page, '#in-password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.locator('#token').waitFor()
    expect(await page.textContent('#person-title')).toBe('Ada Lovelace')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('counts the life of the token down, and renews it', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUp(page, { email: 'renew@example.com', password: PASSWORD })
    const id = () => page.locator('#token-claims dd').nth(3).textContent()
    const [first, firstId] = [await page.textContent('#token-life'), await id()]

    await expect.poll(() => page.textContent('#token-life'), { timeout: 3000 }).not.toBe(first)
    await tabTo(page, '#renew')
    await page.keyboard.press('Enter')
    await expect.poll(id).not.toBe(firstId)
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('signs the administrator in with what it fills in, and saves a profile', async () => {
    const { page, complaints } = await visit(browser, `${dev.url}/#sign-in`)
    await page.click('#fill-administrator')
    await expect.poll(() => page.inputValue('#in-email')).toBe(ADMINISTRATOR.email)
    await page.click('#sign-in-form [type=submit]')
    await page.locator('#token').waitFor()
    expect(await page.textContent('#person-badges')).toContain('sysadmin')

    await page.fill('#pr-first', 'Grace Brewster')
    await page.fill('#pr-birth', '1906-12-09')
    await page.selectOption('#pr-gender', 'female')
    await page.click('#profile-form [type=submit]')
    await expectStatus(page, 'Your profile is saved')
    expect(await page.textContent('#person-title')).toBe('Grace Brewster Hopper')
    const { user } = JSON.parse((await page.textContent('#token-json'))!)
    expect(user).toMatchObject({ firstName: 'Grace Brewster', gender: 'female' })
    expect(user.birthDate).toContain('1906-12-09')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('recovers an account by the code of a mail, and sets a new password', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    const email = 'lost@example.com'
    await signUp(page, { email, password: PASSWORD })
    await page.click('#sign-out')
    await page.locator('#sign-in-form').waitFor()

    await page.click('text=Recover')
    await page.fill('#re-email', email)
    await page.keyboard.press('Enter')
    await page.locator('.mail', { hasText: 'Recover access' }).waitFor()
    await page.locator('.mail', { hasText: email }).first().getByRole('button').click()
    expect(await page.inputValue('#re-code')).toBe(await codeFor(page, email))
    await page.keyboard.press('Enter')
    await page.fill('#np-password', 'difference engine no 2')
    await page.keyboard.press('Enter')
    await expectStatus(page, 'Your new password is saved.')

    await page.click('#sign-out')
    await page.fill('#in-email', email)
    await page.fill('#in-password', 'difference engine no 2')
    await page.keyboard.press('Enter')
    await page.locator('#token').waitFor()
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('takes the link of a mail, signed in or not, and only once', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await signUp(page, { email: 'link@example.com', password: PASSWORD })
    const mails = await (await fetch(`${dev.url}/dev/mails`)).json()
    const link = mails.at(-1).templateData.verification_url

    const stranger = await visit(browser, link)
    await expectStatus(stranger.page, 'The code of your mail is filled in.')
    expect(new URL(stranger.page.url()).search).toBe('')
    await stranger.page.click('#verify-send')
    await expectStatus(stranger.page, 'Your address is verified.')
    expect(await stranger.page.isVisible('#verify-card')).toBe(false)

    await page.goto(link)
    await expectStatus(page, 'That link has been used or is too old.')
    expect(await page.textContent('#person-badges')).toContain('address verified')
    expect([...complaints(), ...stranger.complaints()]).toEqual([])
    await page.context().close()
    await stranger.page.context().close()
  })

  test('says what is wrong beside the field, and moves there', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    await tabTo(page, '#sign-up-form [type=submit]')
    await page.keyboard.press('Enter')
    const focused = () => page.evaluate(() => document.activeElement?.id)
    expect(await focused()).toBe('up-email')

    await page.fill('#up-email', 'short@example.com')
    await page.fill('#up-password', 'short')
    await page.keyboard.press('Enter')
    await page.locator('#up-password-problem').waitFor()
    expect(await page.textContent('#up-password-problem')).toContain('at least 8 characters')
    expect(await page.getAttribute('#up-password', 'aria-invalid')).toBe('true')
    expect(await page.getAttribute('#up-password', 'aria-describedby')).toBe('up-hint up-password-problem')
    expect(await focused()).toBe('up-password')
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('shows a name that looks like markup as it was typed', async () => {
    const { page, complaints } = await visit(browser, dev.url)
    const first = '<img src=x onerror=alert(1)>'
    await signUp(page, { first, last: '<b>x</b>', email: 'markup@example.com', password: PASSWORD })
    expect(await page.textContent('#person-title')).toBe(`${first} <b>x</b>`)
    expect(await page.locator('main img, main b:text("x")').count()).toBe(0)
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test.each(['light', 'dark'] as const)('fits a phone of 360 px in %s colours', async (colorScheme) => {
    const { page, complaints } = await visit(browser, dev.url, {
      viewport: { width: 360, height: 740 },
      colorScheme,
    })
    const width = () => page.evaluate(() => document.documentElement.scrollWidth)
    for (const way of ['Sign in', 'Recover', 'Sign up']) {
      await page.click(`.tabs a:text("${way}")`)
      expect(await width()).toBe(360)
    }
    const email = `a-rather-long-address-for-a-small-telephone-${colorScheme}@example.com`
    await signUp(page, { first: 'Wolfeschlegelsteinhausenbergerdorff', email, password: PASSWORD })
    await page.locator('#group-list .badge').waitFor()
    for (const summary of await page.locator('summary').all()) await summary.click()
    expect(await width()).toBe(360)
    expect(complaints()).toEqual([])
    await page.context().close()
  })

  test('names every field and button, and every heading and landmark in order', async () => {
    const { page } = await visit(browser, dev.url)
    await signUp(page, { email: 'names@example.com', password: PASSWORD })

    const unlabelled = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>('input, select')]
        .filter((field) => !field.labels?.length)
        .map(({ id }) => id),
    )
    expect(unlabelled).toEqual([])
    for (const button of await page.getByRole('button').all()) {
      const name = (await button.getAttribute('aria-label')) ?? (await button.textContent())
      expect(name?.trim()).toBeTruthy()
    }
    for (const role of ['banner', 'main', 'contentinfo', 'status'] as const) {
      expect(await page.getByRole(role).count()).toBe(1)
    }
    const levels = await page.evaluate(() =>
      [...document.querySelectorAll('h1, h2, h3')].map(({ tagName }) => Number(tagName[1])),
    )
    expect(levels[0]).toBe(1)
    for (const [index, level] of levels.entries()) expect(level - (levels[index - 1] ?? 0)).toBeLessThan(2)
    await page.context().close()
  })
})
