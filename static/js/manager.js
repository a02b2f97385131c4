// The card manager: ticks, shift-click for a range, and the bar that appears when something is ticked.

const form = document.querySelector('[data-manager]')
const bar = form?.querySelector('[data-bulk]')
const all = form?.querySelector('[data-all]')
const everything = form?.querySelector('[name=all_matching]')
const ticks = form ? [...form.querySelectorAll('[name=card]')] : []
let lastTicked

function show() {
  const count = ticks.filter(tick => tick.checked).length
  const isFull = count > 0 && count === ticks.length
  all.checked = isFull
  all.indeterminate = count > 0 && !isFull
  if (everything) {
    everything.closest('label').hidden = !isFull
    if (!isFull) everything.checked = false
  }
  bar.hidden = !count
  bar.querySelector('[data-bulk-count]').textContent = everything?.checked ? spoken('All that match selected') : spoken('%(number)s selected', { number: count })
}

function range(from, to, checked) {
  const [a, b] = [ticks.indexOf(from), ticks.indexOf(to)].sort((x, y) => x - y)
  for (const tick of ticks.slice(a, b + 1)) tick.checked = checked
}

if (bar && all) {
  form.addEventListener('click', event => {
    const tick = event.target
    if (tick.name !== 'card') return
    if (event.shiftKey && lastTicked) range(lastTicked, tick, tick.checked)
    lastTicked = tick
    show()
  })
  form.addEventListener('change', event => {
    if (event.target === all) for (const tick of ticks) tick.checked = all.checked
    show()
  })
  addEventListener('pageshow', show)
  show()
}
