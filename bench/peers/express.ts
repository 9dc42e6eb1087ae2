/** The same todos with Express. */
import express from 'express'
import { create, find, page } from './todos.ts'

const app = express()
app.use(express.json())

app.get('/api/todos', (request, response) => {
  const { offset = 0, limit = 50 } = request.query
  response.json({ data: page(Number(offset), Number(limit)), status: 200 })
})

app.get('/api/todos/:id', (request, response) => {
  const todo = find(request.params.id)
  if (todo) response.json({ data: todo, status: 200 })
  else response.status(404).json({ error: 'not_found', status: 404, code: 'not_found' })
})

app.post('/api/todos', (request, response) => {
  const title = typeof request.body?.title === 'string' ? request.body.title.trim() : ''
  if (title === '') response.status(400).json({ error: 'title', status: 400, code: 'validation_failed' })
  else response.status(201).json({ data: create(title), status: 201 })
})

app.listen(Number(process.env.PORT), '127.0.0.1')
