import { change, emit } from './events.ts'
import { newId, type StandIn } from './stand-in.ts'
import type { StoredProduct } from './stored.ts'
import { invalidRequest } from './stripe-error.ts'

export interface NewProduct {
  id?: string
  name: string
  active?: boolean
  description?: string | null
  metadata?: Record<string, string>
}

export function createProduct(standIn: StandIn, wanted: NewProduct): StoredProduct {
  const { store, clock } = standIn
  const id = wanted.id ?? newId(standIn, 'prod', 14)
  if (store.products.has(id))
    throw invalidRequest('Product already exists.', { code: 'resource_already_exists' })

  const product: StoredProduct = {
    id,
    object: 'product',
    active: wanted.active ?? true,
    created: clock.seconds(),
    default_price: null,
    description: wanted.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: wanted.metadata ?? {},
    name: wanted.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: clock.seconds(),
    url: null,
  }
  store.products.set(id, product)
  emit(standIn, 'product.created', product)
  return product
}

/** Sets the fields that are given; undefined ones stay. */
export function updateProduct(
  standIn: StandIn,
  product: StoredProduct,
  fields: Partial<StoredProduct>,
): StoredProduct {
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  change(standIn, 'product.updated', product, () => {
    Object.assign(product, given, { updated: standIn.clock.seconds() })
  })
  return product
}

/** @throws 400 while the product has prices, as Stripe does */
export function deleteProduct(standIn: StandIn, product: StoredProduct) {
  if ([...standIn.store.prices.values()].some((price) => price.product === product.id)) {
    throw invalidRequest('This product cannot be deleted because it has one or more user-created prices.')
  }
  standIn.store.products.delete(product.id)
  emit(standIn, 'product.deleted', product)
  return { id: product.id, object: 'product', deleted: true } as const
}
