/** A message for people, with the number by which a frontend translates it. */
export interface Message {
  id: number
  text: string
  type: 'info' | 'error' | 'success'
  context?: Record<string, unknown>
}

const info = (id: number, text: string): Message => ({ id, text, type: 'info' })
const error = (id: number, text: string, context?: Record<string, unknown>): Message => ({
  id,
  text,
  type: 'error',
  ...(context ? { context } : {}),
})

export const labels = {
  signIn: info(1010001, 'Sign in'),
  signInWithPassword: info(1010022, 'Sign in with password'),
  signUp: info(1040001, 'Sign up'),
  back: info(1040008, 'Back'),
  password: info(1070001, 'Password'),
  save: info(1070003, 'Save'),
  email: info(1070007, 'Email'),
  resendCode: info(1070008, 'Resend code'),
  continue: info(1070009, 'Continue'),
  recoveryCode: info(1070010, 'Recovery code'),
  verificationCode: info(1070011, 'Verification code'),
}

export const confirmLogin = info(1010003, 'Please confirm this action by verifying that it is you.')
export const secondFactorDue = info(1010004, 'Please complete the second authentication challenge.')
export const chooseCredential = info(1040009, 'Please choose a credential to authenticate yourself with.')
export const recoveryCodeSent = info(1060003, codeSent('recovery'))
export const verificationCodeSent = info(1080003, codeSent('verification'))
export const settingsSaved: Message = { id: 1050001, text: 'Your changes have been saved!', type: 'success' }
export const addressVerified: Message = {
  id: 1080002,
  text: 'You successfully verified your email address.',
  type: 'success',
}

export const invalidCredentials = error(
  4000006,
  'The provided credentials are invalid, check for spelling mistakes in your password or username, email address, or phone number.',
)
export const duplicateIdentifier = error(
  4000007,
  'An account with the same identifier (email, phone, username, ...) exists already.',
)
export const passwordTooSimilar = error(
  4000031,
  'The password can not be used because it is too similar to the identifier.',
)
export const recoveryCodeInvalid = error(
  4060006,
  'The recovery code is invalid or has already been used. Please try again.',
)
export const verificationCodeInvalid = error(
  4070006,
  'The verification code is invalid or has already been used. Please try again.',
)
const alreadyCompleted = 'The request was already completed successfully and can not be retried.'
export const recoveryAlreadyCompleted = error(4060001, alreadyCompleted)
export const verificationAlreadyCompleted = error(4070002, alreadyCompleted)

/** What a flow says when no method felt responsible for what was submitted. */
export const noStrategy = {
  login: error(4010002, 'Could not find a strategy to log you in with. Did you fill out the form correctly?'),
  registration: error(
    4010003,
    'Could not find a strategy to sign you up with. Did you fill out the form correctly?',
  ),
  settings: error(
    4010004,
    'Could not find a strategy to update your settings. Did you fill out the form correctly?',
  ),
  recovery: error(
    4010005,
    'Could not find a strategy to recover your account with. Did you fill out the form correctly?',
  ),
  verification: error(
    4010006,
    'Could not find a strategy to verify your account with. Did you fill out the form correctly?',
  ),
}

const expiredIds = {
  login: 4010001,
  registration: 4040001,
  settings: 4050001,
  recovery: 4060005,
  verification: 4070005,
}

export function flowExpired(kind: keyof typeof expiredIds, expiredAt: number, now: number): Message {
  const minutes = ((now - expiredAt) / 60_000).toFixed(2)
  return error(expiredIds[kind], `The ${kind} flow expired ${minutes} minutes ago, please try again.`, {
    expired_at: new Date(expiredAt).toISOString(),
    expired_at_unix: Math.floor(expiredAt / 1000),
  })
}

export function recoverySuccessful(privilegedUntil: number, now: number): Message {
  const minutes = ((privilegedUntil - now) / 60_000).toFixed(2)
  const time = new Date(privilegedUntil).toISOString()
  return {
    id: 1060001,
    text: `You successfully recovered your account. Please change your password or set up an alternative login method (e.g. social sign in) within the next ${minutes} minutes.`,
    type: 'success',
    context: {
      privilegedSessionExpiresAt: time,
      privileged_session_expires_at: time,
      privileged_session_expires_at_unix: Math.floor(privilegedUntil / 1000),
    },
  }
}

/** The label made from a trait's title. */
export function generatedLabel(title: string): Message {
  return { ...info(1070002, title), context: { title } }
}

/** A reason that has no number of its own. */
export function genericError(reason: string): Message {
  return error(4000001, reason, { reason })
}

export function propertyMissing(property: string): Message {
  return error(4000002, `Property ${property} is missing.`, { property })
}

export function tooShort(minimum: number, actual: number): Message {
  return error(4000003, `length must be >= ${minimum}, but got ${actual}`, {
    actual_length: actual,
    min_length: minimum,
  })
}

export function tooLong(maximum: number, actual: number): Message {
  return error(4000017, `length must be <= ${maximum}, but got ${actual}`, {
    actual_length: actual,
    max_length: maximum,
  })
}

export function wrongType(allowed: string, actual: string): Message {
  return error(4000026, `expected ${allowed}, but got ${actual}`, {
    actual_type: actual,
    allowed_types: [allowed],
  })
}

export function passwordTooShort(minimum: number, actual: number): Message {
  return error(4000032, `The password must be at least ${minimum} characters long, but got ${actual}.`, {
    actual_length: actual,
    min_length: minimum,
  })
}

export function passwordTooLong(maximum: number, actual: number): Message {
  return error(4000033, `The password must be at most ${maximum} characters long, but got ${actual}.`, {
    actual_length: actual,
    max_length: maximum,
  })
}

function codeSent(kind: string): string {
  return `An email containing a ${kind} code has been sent to the email address you provided. If you have not received an email, check the spelling of the address and make sure to use the address you registered with.`
}
