import type { Story } from '../story.ts'
import { adminStories } from './admin.ts'
import { edgeStories } from './edges.ts'
import { loginStories } from './login.ts'
import { recoveryStories } from './recovery.ts'
import { registrationStories } from './registration.ts'
import { sessionStories } from './sessions.ts'
import { settingsStories } from './settings.ts'
import { verificationStories } from './verification.ts'

/** Every story, in the order in which they are played; each uses addresses of its own. */
export const stories: Story[] = [
  ...registrationStories,
  ...loginStories,
  ...sessionStories,
  ...settingsStories,
  ...recoveryStories,
  ...verificationStories,
  ...adminStories,
  ...edgeStories,
]
