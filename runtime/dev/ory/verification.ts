import type { Route } from './router.ts'
export const verificationRoutes: Route[] = []
