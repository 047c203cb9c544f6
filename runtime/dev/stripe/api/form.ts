/** Nested parameters as Stripe's clients write them. */
export interface Form {
  [name: string]: FormValue
}
export type FormValue = string | Form | FormValue[]

/** Reads `a[b][0][c]=x`, `a[]=x` and plain fields; names that are whole numbers from 0 make a list. */
export function parseForm(fields: URLSearchParams): Form {
  const root = emptyForm()
  for (const [name, value] of fields) {
    const bracket = name.indexOf('[')
    const head = bracket < 0 ? name : name.slice(0, bracket)
    const rest =
      bracket < 0 ? [] : [...name.slice(bracket).matchAll(/\[([^\]]*)\]/g)].map(([, inner]) => inner!)
    assign(root, [head, ...rest], value)
  }
  return Object.assign(emptyForm(), mapValues(root))
}

function assign(target: Form, path: string[], value: string): void {
  const [head, ...rest] = path
  const name = head === '' ? String(Object.keys(target).length) : head!
  if (rest.length === 0) {
    target[name] = value
    return
  }
  const inner = target[name]
  if (inner === undefined || typeof inner === 'string') target[name] = emptyForm()
  assign(target[name] as Form, rest, value)
}

function mapValues(form: Form): Form {
  const mapped = emptyForm()
  for (const [name, value] of Object.entries(form)) {
    mapped[name] = typeof value === 'string' ? value : listed(mapValues(value as Form))
  }
  return mapped
}

function listed(form: Form): FormValue {
  const names = Object.keys(form)
  const isList = names.length > 0 && names.every((name, at) => name === String(at))
  return isList ? Object.values(form) : form
}

/** Without a prototype, so that any name is a plain field. */
function emptyForm(): Form {
  return Object.create(null)
}
