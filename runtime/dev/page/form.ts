import { element } from './dom.ts'
import type { Problems } from './kratos.ts'

type Field = HTMLInputElement | HTMLSelectElement

/** Sends a form when it is complete, one sending at a time, and shows what was wrong beside the fields. */
export function onSubmit(
  form: HTMLElement,
  send: (values: Record<string, string>) => Promise<Problems | undefined>,
): void {
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (form.getAttribute('aria-busy') === 'true') return

    clearProblems(form)
    const problems = missing(form) ?? (await whileBusy(form, () => send(valuesOf(form))))
    if (problems) showProblems(form, problems)
  })
}

export function fieldsOf(form: HTMLElement): Field[] {
  return [...form.querySelectorAll<Field>('input, select')]
}

export function emptyForm(form: HTMLElement): void {
  clearProblems(form)
  for (const field of fieldsOf(form)) field.value = ''
}

function valuesOf(form: HTMLElement): Record<string, string> {
  return Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value.trim()]))
}

/** What the browser itself finds wrong. */
function missing(form: HTMLElement): Problems | undefined {
  const wrong = fieldsOf(form).filter((field) => !field.checkValidity())
  if (!wrong.length) return undefined
  return { fields: Object.fromEntries(wrong.map((field) => [field.name, field.validationMessage])) }
}

async function whileBusy(
  form: HTMLElement,
  work: () => Promise<Problems | undefined>,
): Promise<Problems | undefined> {
  const button = form.querySelector('button')
  form.setAttribute('aria-busy', 'true')
  button?.setAttribute('aria-disabled', 'true')
  try {
    return await work()
  } catch {
    return { form: 'There was no answer. Is the development stack still running?', fields: {} }
  } finally {
    form.removeAttribute('aria-busy')
    button?.removeAttribute('aria-disabled')
  }
}

function showProblems(form: HTMLElement, problems: Problems): void {
  const named = fieldsOf(form).filter((field) => problems.fields[field.name])
  for (const field of named) {
    const id = `${field.id}-problem`
    field.setAttribute('aria-invalid', 'true')
    field.setAttribute(
      'aria-describedby',
      [field.getAttribute('aria-describedby'), id].filter(Boolean).join(' '),
    )
    field.parentElement?.append(element('span', { class: 'error', id }, problems.fields[field.name]!))
  }
  const names = named.map(({ name }) => name)
  const others = Object.entries(problems.fields).filter(([name]) => !names.includes(name))
  const general = [problems.form, ...others.map(([, text]) => text)].filter(Boolean).join(' ')
  if (general) form.prepend(element('p', { class: 'error', role: 'alert' }, general))
  const first = named[0] ?? fieldsOf(form)[0]
  first?.focus()
}

function clearProblems(form: HTMLElement): void {
  for (const shown of form.querySelectorAll('.error')) shown.remove()
  for (const field of fieldsOf(form)) {
    field.removeAttribute('aria-invalid')
    const rest = field.getAttribute('aria-describedby')?.replace(`${field.id}-problem`, '').trim()
    if (rest) field.setAttribute('aria-describedby', rest)
    else field.removeAttribute('aria-describedby')
  }
}
