import { type Browser, chromium, type LaunchOptions } from 'playwright-core'
import { programPath } from './find-program.ts'

/** The system's Chromium. @throws when there is none */
export function chromiumPath(): string {
  return programPath('chromium', 'chromium-browser', 'google-chrome')
}

/** Opens a headless browser that reaches out to nothing by itself; it closes with this process at the latest. */
export function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  return chromium.launch({
    ...options,
    executablePath: chromiumPath(),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(options.args ?? []),
    ],
  })
}
