import type { Route } from './router.ts'
export const settingsRoutes: Route[] = []
