import type { Route } from './router.ts'
export const recoveryRoutes: Route[] = []
