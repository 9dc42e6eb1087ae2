import { createApp } from 'galley'
import { serve } from 'galley/node'
import { links, routes } from './links.ts'

await serve((platform) => createApp(platform, { collections: [links], routes }))
