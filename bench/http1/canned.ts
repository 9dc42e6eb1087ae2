/** The physical bound: a fixed response for each piece that arrives, without parsing. */
import { createServer } from 'node:net'
import { item } from './responses.ts'

const text = JSON.stringify(item)
const head = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n`
const response = Buffer.from(`${head}Date: ${new Date().toUTCString()}\r\n\r\n${text}`)

createServer({ noDelay: true }, (socket) => {
  socket.on('data', () => socket.write(response))
  socket.on('error', () => socket.destroy())
}).listen(Number(process.env.PORT), '127.0.0.1')
