import { createApp } from 'galley'
import { serve } from 'galley/bun'
import { clinic } from './clinic.ts'

await serve((platform) => createApp(platform, clinic))
