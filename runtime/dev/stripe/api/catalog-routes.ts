import * as z from 'zod'
import { createPrice, updatePrice } from '../prices.ts'
import { createProduct, deleteProduct, updateProduct } from '../products.ts'
import { found, invalidRequest } from '../stripe-error.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { listPage, within } from './list.ts'
import {
  boolean,
  clearable,
  ignored,
  integer,
  mergeMetadata,
  metadata,
  newMetadata,
  paging,
  text,
  timeRange,
} from './params.ts'

const interval = z.enum(['day', 'week', 'month', 'year'])

export const recurring = z.strictObject({
  interval,
  interval_count: integer.optional(),
  trial_period_days: integer.optional(),
  usage_type: z.enum(['licensed']).optional(),
})

const newProduct = z.strictObject({
  id: text.optional(),
  name: text,
  active: boolean.optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  images: ignored,
  tax_code: ignored,
  unit_label: ignored,
  url: ignored,
})
const changedProduct = newProduct.omit({ id: true }).extend({
  name: text.optional(),
  default_price: text.optional(),
})
const newPrice = z.strictObject({
  product: text.optional(),
  product_data: z.strictObject({ name: text, metadata: metadata.optional() }).optional(),
  currency: text.regex(/^[a-zA-Z]{3}$/, 'not a currency'),
  unit_amount: integer.pipe(z.number().min(0)),
  active: boolean.optional(),
  lookup_key: clearable.optional(),
  transfer_lookup_key: boolean.optional(),
  nickname: clearable.optional(),
  metadata: metadata.optional(),
  recurring: recurring.optional(),
  tax_behavior: ignored,
})
const changedPrice = z.strictObject({
  active: boolean.optional(),
  lookup_key: clearable.optional(),
  transfer_lookup_key: boolean.optional(),
  nickname: clearable.optional(),
  metadata: metadata.optional(),
  tax_behavior: ignored,
})
const listedPrices = z.strictObject({
  ...paging,
  active: boolean.optional(),
  created: timeRange.optional(),
  currency: text.optional(),
  lookup_keys: z.array(text).max(10).optional(),
  product: text.optional(),
  recurring: z.strictObject({ interval: interval.optional(), usage_type: ignored }).optional(),
  type: z.enum(['one_time', 'recurring']).optional(),
})
const listedProducts = z.strictObject({
  ...paging,
  active: boolean.optional(),
  created: timeRange.optional(),
  ids: z.array(text).optional(),
})

const productRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/products', newProduct, ({ standIn, params }) =>
    createProduct(standIn, { ...params, metadata: newMetadata(params.metadata) }),
  ),
  apiRoute('GET', '/v1/products', listedProducts, ({ standIn, params }) => {
    const { active, created, ids, ...page } = params
    const matches = [...standIn.store.products.values()].filter(
      (product) =>
        (active === undefined || product.active === active) &&
        (ids === undefined || ids.includes(product.id)) &&
        within(product.created, created),
    )
    return listPage('/v1/products', matches, page)
  }),
  apiRoute('GET', '/v1/products/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.products, 'product', id),
  ),
  apiRoute('POST', '/v1/products/:id', changedProduct, ({ standIn, id, params }) => {
    const product = found(standIn.store.products, 'product', id)
    const { name, active, description, default_price } = params
    const merged = mergeMetadata(product.metadata, params.metadata)
    const fields = { name, active, description, default_price, metadata: merged }
    return updateProduct(standIn, product, fields as Partial<typeof product>)
  }),
  apiRoute('DELETE', '/v1/products/:id', z.strictObject({}), ({ standIn, id }) =>
    deleteProduct(standIn, found(standIn.store.products, 'product', id)),
  ),
]

const priceRoutes: ApiRoute[] = [
  apiRoute('POST', '/v1/prices', newPrice, ({ standIn, params }) => {
    const { product, product_data: data, ...price } = params
    if (product === undefined && !data) {
      throw invalidRequest('You must specify either `product` or `product_data`.', {
        code: 'parameter_missing',
      })
    }
    const sold = data
      ? createProduct(standIn, { name: data.name, metadata: newMetadata(data.metadata) })
      : found(standIn.store.products, 'product', product!, 'product')
    return createPrice(standIn, { ...price, product: sold.id, metadata: newMetadata(price.metadata) })
  }),
  apiRoute('GET', '/v1/prices', listedPrices, ({ standIn, params }) => {
    const { active, created, currency, lookup_keys: keys, product, recurring: recurs, type, ...page } = params
    const matches = [...standIn.store.prices.values()].filter(
      (price) =>
        (active === undefined || price.active === active) &&
        (currency === undefined || price.currency === currency) &&
        (keys === undefined || keys.includes(price.lookup_key ?? '')) &&
        (product === undefined || price.product === product) &&
        (recurs?.interval === undefined || price.recurring?.interval === recurs.interval) &&
        (type === undefined || price.type === type) &&
        within(price.created, created),
    )
    return listPage('/v1/prices', matches, page)
  }),
  apiRoute('GET', '/v1/prices/:id', z.strictObject({}), ({ standIn, id }) =>
    found(standIn.store.prices, 'price', id),
  ),
  apiRoute('POST', '/v1/prices/:id', changedPrice, ({ standIn, id, params }) => {
    const price = found(standIn.store.prices, 'price', id)
    const { active, lookup_key, transfer_lookup_key, nickname } = params
    const merged = mergeMetadata(price.metadata, params.metadata)
    return updatePrice(standIn, price, {
      active,
      lookup_key,
      transfer_lookup_key,
      nickname,
      ...(merged && { metadata: merged }),
    })
  }),
]

export const catalogRoutes: ApiRoute[] = [...productRoutes, ...priceRoutes]
