import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect } from 'vitest'

export interface Visitor {
  page: Page
  /** What the browser complained about, but for the refusals that a script asks for on purpose. */
  complaints(): string[]
}

/** Statuses that single-page applications get in the course of things, of a group without a plan too; Chromium notes each as an error. */
const EXPECTED = [
  /sessions\/whoami .*401/,
  /self-service\/(registration|login)\?flow=\S+ .*400/,
  /recovery\?flow=\S+ .*422/,
  /subscriptions\/\S+\/active .*404/,
]

/** Opens the page in a browser of its own, and waits until it listens. */
export async function visit(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const heard: string[] = []
  page.on('pageerror', (error) => heard.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      heard.push(`${message.location().url} ${message.text()}`)
    }
  })
  await page.goto(url)
  await page.waitForSelector('#live.on')
  return { page, complaints: () => heard.filter((line) => !EXPECTED.some((expected) => expected.test(line))) }
}

/** Presses Tab until the element has the focus. @throws when it cannot be reached so */
export async function tabTo(page: Page, selector: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${selector} cannot be reached by the Tab key`)
}

/** Goes to a field by the Tab key and types. */
export async function type(page: Page, selector: string, text: string): Promise<void> {
  await tabTo(page, selector)
  await page.keyboard.type(text)
}

/** Creates an account by the keyboard alone, and waits until the token is shown. */
export async function signUp(
  page: Page,
  person: { first?: string; last?: string; email: string; password: string },
): Promise<void> {
  if (person.first) await type(page, '#up-first', person.first)
  if (person.last) await type(page, '#up-last', person.last)
  await type(page, '#up-email', person.email)
  await type(page, '#up-password', person.password)
  await page.keyboard.press('Enter')
  await page.locator('#token').waitFor()
}

/** The code of the newest mail to an address, as the page shows it. */
export async function codeFor(page: Page, email: string): Promise<string> {
  const mail = page.locator('.mail', { hasText: email }).first()
  return (await mail.locator('.code').textContent())!
}

export async function expectStatus(page: Page, text: string): Promise<void> {
  await expect.poll(() => page.textContent('#status'), { timeout: 10_000 }).toContain(text)
}
