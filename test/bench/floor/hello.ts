import { Hono } from 'hono'
import { listen, settings } from './listen.ts'

/* A bare Hono server. */

listen(new Hono(), settings().port)
