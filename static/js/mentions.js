// Who may read the card, in a list below the field, while a name is typed after an @. Without it names are typed whole.

const TYPED = /(?:^|[\s(])@([^\s@][^@\n]{0,60})$/

function beside(field) {
  const list = document.createElement('ul')
  list.className = 'mention-list'
  list.id = `${field.id}-people`
  list.role = 'listbox'
  list.ariaLabel = spoken('People')
  list.hidden = true
  field.after(list)
  return list
}

function helped(field) {
  const list = beside(field)
  let request, typed
  field.setAttribute('aria-controls', list.id)
  field.setAttribute('aria-autocomplete', 'list')

  const current = () => list.querySelector('[aria-selected="true"]')
  const close = () => { list.hidden = true; field.removeAttribute('aria-activedescendant') }

  function mark(option) {
    current()?.setAttribute('aria-selected', 'false')
    option.setAttribute('aria-selected', 'true')
    field.setAttribute('aria-activedescendant', option.id)
  }

  function show(people) {
    list.replaceChildren(...people.map((person, at) => {
      const option = document.createElement('li')
      option.role = 'option'
      option.id = `${list.id}-${at}`
      option.dataset.mention = person.mention
      option.textContent = person.mention === `@${person.name}` ? person.name : `${person.name} (${person.mention.slice(1)})`
      return option
    }))
    if (!people.length) return close()
    list.hidden = false
    mark(list.firstElementChild)
  }

  function take(option) {
    const at = field.selectionStart
    const before = field.value.slice(0, at).slice(0, -typed.length - 1)
    field.setRangeText(`${option.dataset.mention} `, before.length, at, 'end')
    close()
    field.focus()
  }

  field.addEventListener('input', async () => {
    request?.abort()
    typed = TYPED.exec(field.value.slice(0, field.selectionStart))?.[1]
    if (!typed) return close()
    request = new AbortController()
    try {
      const answer = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(typed)}`, { signal: request.signal })
      if (answer.ok && !answer.redirected) show((await answer.json()).people)
    } catch {
      // Typed names work as well.
    }
  })

  field.addEventListener('keydown', event => {
    if (list.hidden || event.isComposing) return
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
    if (step) mark(current()[step] ?? current())
    else if (event.key === 'Enter' || event.key === 'Tab') take(current())
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
    event.stopPropagation()
  })

  list.addEventListener('mousedown', event => {
    event.preventDefault()
    const option = event.target.closest('[role=option]')
    if (option) take(option)
  })
  field.addEventListener('blur', close)
}

for (const field of document.querySelectorAll('[data-mentions]')) helped(field)
