import { createApp } from 'galley'
import { serve } from 'galley/node'
import { clinic } from './clinic.ts'

await serve((platform) => createApp(platform, clinic))
