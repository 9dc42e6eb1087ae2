// @ts-check

import { Outbox } from './chat/outbox.js'
import { Room } from './chat/room.js'
import { RoomList } from './chat/room-list.js'
import { nameOf, showAccountLink } from './shared/account-link.js'
import { ActionArea, ApiError } from './shared/action-area.js'
import { showConnectionStatus } from './shared/connection-status.js'
import { find, onSubmit } from './shared/dom.js'
import { createPageClient } from './shared/page-client.js'

const nameKey = 'galley-chat-name'
const idPattern = /^#[0-9A-Za-z]{26}$/

const welcome = find(document, '#welcome', HTMLElement)
const nameForm = find(welcome, 'form', HTMLFormElement)
const nameInput = find(nameForm, 'input', HTMLInputElement)
const deck = find(document, '#deck', HTMLElement)
const meButton = find(document, '#me', HTMLButtonElement)

const client = createPageClient()
const rooms = new RoomList(client, find(document, '#rooms', HTMLElement))
const outbox = new Outbox(client, (row) => room?.placeSent(row))
const nameArea = new ActionArea(nameForm, nameInput)
let me = storedName()
let room = /** @type {Room | null} */ (null)

function storedName() {
  try {
    return localStorage.getItem(nameKey) ?? ''
  } catch {
    // Storage may be disabled: then the name lasts as long as the page.
    return ''
  }
}

/** @param {string} name */
function storeName(name) {
  me = name
  try {
    localStorage.setItem(nameKey, name)
  } catch {}
}

function askName() {
  deck.hidden = true
  meButton.hidden = true
  welcome.hidden = false
  nameInput.value = me
  nameInput.select()
}

async function submitName() {
  const name = nameInput.value.trim()
  if (!name) throw new ApiError('Enter a name first.', 400)
  storeName(name)
  enter()
}

function enter() {
  welcome.hidden = true
  deck.hidden = false
  meButton.hidden = false
  meButton.textContent = me
  meButton.ariaLabel = `You are ${me}. Change name`
  showRoom()
}

/** Suggests a name to a user who has none yet. @param {import('./shared/account-link.js').User | null} user @param {boolean} isFirst */
function onUser(user, isFirst) {
  const isUntouched = !welcome.hidden && !nameInput.value
  if (user && isUntouched) {
    nameInput.value = nameOf(user)
    nameInput.select()
  }
  // Another user may see other rooms.
  if (!isFirst) showRoom()
}

/** Shows the room that the fragment names, or the list of rooms. */
function showRoom() {
  if (!me) return
  const id = idPattern.test(location.hash) ? location.hash.slice(1) : ''
  room?.close()
  room = id ? new Room(client, id, me, outbox) : null
  deck.dataset.at = id ? 'room' : 'rooms'
  rooms.mark(id)
}

addEventListener('hashchange', showRoom)
meButton.addEventListener('click', askName)
onSubmit(nameForm, () => nameArea.attempt(submitName))
showConnectionStatus(client, find(document, '#connection', HTMLElement))
showAccountLink(client, find(document, '#account-link', HTMLAnchorElement), onUser)
if (me) enter()
else askName()
