import * as z from 'zod'
import type { StripeStandIn } from './stripe/stripe-stand-in.ts'
import { isLive } from './stripe/subscription-status.ts'

/** What a developer lets happen to a customer. */
export const CustomerMove = z.enum(['next-bill', 'next-try', 'card-ok', 'card-declined'])
export type CustomerMove = z.output<typeof CustomerMove>

/** A customer at the stand-in for Stripe. Times are milliseconds since the epoch. */
export interface CustomerNow {
  /** The customer's own time, which moves make run ahead. */
  time: number
  /** Absent while nothing goes on. */
  subscription?: { id: string; status: string; trialEnd: number | null; nextBill: number }
  card?: { last4: string; works: boolean }
  /** An invoice that waits for its money. */
  owing?: { invoice: string; tries: number; nextTry: number | null }
}

export interface CustomerMoves {
  /** Undefined for a customer that the account does not have. */
  look(customerId: string): CustomerNow | undefined
  /** @returns what came of it; undefined for a customer that the account does not have */
  make(customerId: string, move: CustomerMove): CustomerNow | undefined
  /** Brings customers whose own time has been overtaken to now: what a stack that slept has missed happens. */
  catchUp(): void
}

/** Invoices of a renewal are final an hour after the period has ended. */
const FINAL_AFTER_MS = 3_700_000

export function createCustomerMoves({ state, actions, now }: StripeStandIn): CustomerMoves {
  function look(customerId: string): CustomerNow | undefined {
    const customer = state.customers().find(({ id }) => id === customerId)
    if (!customer) return undefined
    const subscription = state.subscriptions().findLast((one) => one.customer === customerId && isLive(one))
    const invoice = state.invoices().findLast((one) => one.customer === customerId && one.status === 'open')
    const method = actions.paymentMethodOf(customerId)
    const last4 = method?.card?.last4 ?? method?.sepa_debit?.last4
    return {
      time: actions.timeOf(customerId) ?? now(),
      ...(subscription && {
        subscription: {
          id: subscription.id,
          status: subscription.status,
          trialEnd: inMs(subscription.trial_end),
          nextBill: subscription.items.data[0]!.current_period_end * 1000,
        },
      }),
      ...(last4 && { card: { last4, works: !method?.refusal } }),
      ...(invoice && {
        owing: {
          invoice: invoice.id!,
          tries: invoice.attempt_count,
          nextTry: inMs(invoice.next_payment_attempt),
        },
      }),
    }
  }

  function catchUpOne(customerId: string): void {
    if ((actions.timeOf(customerId) ?? Number.POSITIVE_INFINITY) < now())
      actions.moveCustomer(customerId, now())
  }

  return {
    look,
    catchUp() {
      for (const { id } of state.customers()) catchUpOne(id)
    },
    make(customerId, move) {
      if (!look(customerId)) return undefined
      catchUpOne(customerId)
      const { subscription, owing } = look(customerId) ?? {}
      if (move === 'card-ok') actions.setPaymentMethod(customerId, 'ok')
      if (move === 'card-declined') actions.setPaymentMethod(customerId, 'declined')
      if (move === 'next-bill' && subscription)
        actions.moveCustomer(customerId, subscription.nextBill + FINAL_AFTER_MS)
      if (move === 'next-try' && owing?.nextTry) actions.moveCustomer(customerId, owing.nextTry)
      return look(customerId)
    },
  }
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1000
}
