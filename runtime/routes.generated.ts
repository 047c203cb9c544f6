// Written by `npm run manifest` from the files under functions/.
import r0 from '../functions/authlance/docs.ts'
import r1 from '../functions/authlance/docs/[asset].ts'
import r2 from '../functions/authlance/identity/.well-known/jwks.json.ts'
import r3 from '../functions/authlance/identity/api/v1/admin/subscriptions/group/[groupId].ts'
import r4 from '../functions/authlance/identity/api/v1/health.ts'
import r5 from '../functions/authlance/identity/api/v1/profile/me.ts'
import r6 from '../functions/authlance/identity/api/v1/profile/my-group/roles/[user]/[page].ts'
import r7 from '../functions/authlance/identity/api/v1/profile/my-group/[group]/[user]/available.ts'
import r8 from '../functions/authlance/identity/api/v1/profile/my-groups/[user].ts'
import r9 from '../functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts'
import r10 from '../functions/authlance/identity/api/v1/profile/subscriptions/[user]/tiers.ts'
import r11 from '../functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts'
import r12 from '../functions/authlance/identity/api/v1/realm/group/[group].ts'
import r13 from '../functions/authlance/identity/api/v1/realm/group/[group]/members.ts'
import r14 from '../functions/authlance/identity/api/v1/subscriptions/tiers.ts'
import r15 from '../functions/authlance/identity/email.ts'
import r16 from '../functions/authlance/identity/email/register.ts'
import r17 from '../functions/authlance/identity/me.ts'
import r18 from '../functions/authlance/identity/me/logout.ts'
import r19 from '../functions/authlance/identity/token_hook.ts'
import r20 from '../functions/authlance/identity/[...path].ts'
import r21 from '../functions/authlance/openapi.json.ts'
import r22 from '../functions/authlance/openid/admin/clients.ts'
import r23 from '../functions/authlance/openid/admin/clients/[id].ts'
import r24 from '../functions/authlance/openid/admin/oauth2/auth/requests/consent.ts'
import r25 from '../functions/authlance/openid/admin/oauth2/auth/requests/consent/accept.ts'
import r26 from '../functions/authlance/openid/admin/oauth2/auth/requests/consent/reject.ts'
import r27 from '../functions/authlance/openid/[...path].ts'
import r28 from '../functions/authlance/payments/api/v1/checkout-session.ts'
import r29 from '../functions/authlance/payments/api/v1/customer-portal.ts'
import r30 from '../functions/authlance/payments/api/v1/product-details.ts'
import r31 from '../functions/authlance/payments/api/v1/session-id.ts'
import r32 from '../functions/authlance/payments/api/v1/stripe/webhook.ts'
import r33 from '../functions/healthz.ts'
import r34 from '../functions/livez.ts'
import r35 from '../functions/metrics.ts'
import r36 from '../functions/readyz.ts'
import type { Route } from '../lib/http/route.ts'

export const routes: { file: string; route: Route }[] = [
  { file: 'functions/authlance/docs.ts', route: r0 },
  { file: 'functions/authlance/docs/[asset].ts', route: r1 },
  { file: 'functions/authlance/identity/.well-known/jwks.json.ts', route: r2 },
  { file: 'functions/authlance/identity/api/v1/admin/subscriptions/group/[groupId].ts', route: r3 },
  { file: 'functions/authlance/identity/api/v1/health.ts', route: r4 },
  { file: 'functions/authlance/identity/api/v1/profile/me.ts', route: r5 },
  { file: 'functions/authlance/identity/api/v1/profile/my-group/roles/[user]/[page].ts', route: r6 },
  { file: 'functions/authlance/identity/api/v1/profile/my-group/[group]/[user]/available.ts', route: r7 },
  { file: 'functions/authlance/identity/api/v1/profile/my-groups/[user].ts', route: r8 },
  { file: 'functions/authlance/identity/api/v1/profile/subscriptions/[user]/billing/[billingSubscriptionID].ts', route: r9 },
  { file: 'functions/authlance/identity/api/v1/profile/subscriptions/[user]/tiers.ts', route: r10 },
  { file: 'functions/authlance/identity/api/v1/profile/subscriptions/[user]/[group]/active.ts', route: r11 },
  { file: 'functions/authlance/identity/api/v1/realm/group/[group].ts', route: r12 },
  { file: 'functions/authlance/identity/api/v1/realm/group/[group]/members.ts', route: r13 },
  { file: 'functions/authlance/identity/api/v1/subscriptions/tiers.ts', route: r14 },
  { file: 'functions/authlance/identity/email.ts', route: r15 },
  { file: 'functions/authlance/identity/email/register.ts', route: r16 },
  { file: 'functions/authlance/identity/me.ts', route: r17 },
  { file: 'functions/authlance/identity/me/logout.ts', route: r18 },
  { file: 'functions/authlance/identity/token_hook.ts', route: r19 },
  { file: 'functions/authlance/identity/[...path].ts', route: r20 },
  { file: 'functions/authlance/openapi.json.ts', route: r21 },
  { file: 'functions/authlance/openid/admin/clients.ts', route: r22 },
  { file: 'functions/authlance/openid/admin/clients/[id].ts', route: r23 },
  { file: 'functions/authlance/openid/admin/oauth2/auth/requests/consent.ts', route: r24 },
  { file: 'functions/authlance/openid/admin/oauth2/auth/requests/consent/accept.ts', route: r25 },
  { file: 'functions/authlance/openid/admin/oauth2/auth/requests/consent/reject.ts', route: r26 },
  { file: 'functions/authlance/openid/[...path].ts', route: r27 },
  { file: 'functions/authlance/payments/api/v1/checkout-session.ts', route: r28 },
  { file: 'functions/authlance/payments/api/v1/customer-portal.ts', route: r29 },
  { file: 'functions/authlance/payments/api/v1/product-details.ts', route: r30 },
  { file: 'functions/authlance/payments/api/v1/session-id.ts', route: r31 },
  { file: 'functions/authlance/payments/api/v1/stripe/webhook.ts', route: r32 },
  { file: 'functions/healthz.ts', route: r33 },
  { file: 'functions/livez.ts', route: r34 },
  { file: 'functions/metrics.ts', route: r35 },
  { file: 'functions/readyz.ts', route: r36 },
]
