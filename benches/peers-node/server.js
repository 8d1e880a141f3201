'use strict'

// Answers the list query of benches/src/answers from the read tables of Greenroom: one statement for the page, one for
// each loader. Names are read from `peer.names`, where they stand open; everything else is in the rows that the folds of
// Greenroom wrote. Nobody is asked who they are. Prints where it listens.

const Fastify = require('fastify')
const mercurius = require('mercurius')
const { Pool } = require('pg')

const TENANT = Buffer.from('019e0000000070010000000000000001', 'hex')

const pool = new Pool({
  connectionString: process.argv[2],
  max: Number(process.env.PEER_CONNECTIONS ?? 8)
})

const schema = `
  scalar DateTime
  input DateTimeFilter { gte: DateTime }
  input InterviewWhere { start: DateTimeFilter }
  type Query { interviews(where: InterviewWhere, first: Int): InterviewConnection }
  type InterviewConnection { edges: [InterviewEdge!]! pageInfo: PageInfo! }
  type InterviewEdge { node: Interview! }
  type PageInfo { hasNextPage: Boolean! }
  enum InterviewStatus { HELD AWAITING_PAYMENT CONFIRMED OPEN LIVE COMPLETED EXPIRED NO_SHOW ABANDONED }
  type Interview {
    id: ID!
    title: String!
    status: InterviewStatus!
    slot: Slot!
    candidate: Person!
    panel: [PanelSeat!]!
    payment: Payment
    reports: [Report!]!
  }
  type Slot { start: DateTime! end: DateTime! timeZone: String! }
  type Person { id: ID! displayName: String }
  enum PanelRole { LEAD PANEL SHADOW }
  type PanelSeat { role: PanelRole! person: Person! }
  enum PaymentStatus { OPEN AUTHORIZED CAPTURED REFUNDED EXPIRED }
  type Payment { id: ID! status: PaymentStatus! amount: Money! }
  type Money { amountMinor: String! currency: String! }
  enum ReportStatus { REQUESTED GENERATED PUBLISHED FAILED }
  type Report { id: ID! status: ReportStatus! revision: Int! overallScore: Int generatedAt: DateTime }
`

const STATUS = {
  requested: 'HELD',
  held: 'HELD',
  confirmed: 'CONFIRMED',
  open: 'OPEN',
  live: 'LIVE',
  ended: 'COMPLETED',
  completed: 'COMPLETED',
  expired: 'EXPIRED',
  no_show: 'NO_SHOW',
  abandoned: 'ABANDONED'
}

function interview ({ key, row }) {
  const stored = JSON.parse(row)
  const waits = stored.status === 'requested' || stored.status === 'held'
  return {
    key,
    id: stored.interview,
    title: stored.title,
    status: waits && stored.payment?.order ? 'AWAITING_PAYMENT' : STATUS[stored.status],
    slot: { start: stored.slot.span.start, end: stored.slot.span.end, timeZone: stored.slot.zone },
    candidateId: stored.candidate,
    panel: stored.panel.map(({ account, role }) => ({ role: role.toUpperCase(), account })),
    payment: stored.payment && payment(stored.payment)
  }
}

function payment (stored) {
  // A row leaves out what there is not.
  const back = (stored.refunds ?? [])
    .filter(refund => refund.of_what_counts && refund.status === 'processed')
    .reduce((sum, refund) => sum + refund.amount.minor, 0)
  const refunded = stored.status === 'captured' && back >= stored.amount.minor
  return {
    id: stored.payment,
    status: refunded ? 'REFUNDED' : stored.status.toUpperCase(),
    amount: { amountMinor: String(stored.amount.minor), currency: stored.amount.currency }
  }
}

function report (stored) {
  const shown = stored.revisions.at(-1)
  const published = stored.published?.revision === shown.revision
  return {
    id: stored.report,
    status: published ? 'PUBLISHED' : shown.status.toUpperCase(),
    revision: shown.revision,
    overallScore: shown.written?.overall ?? null,
    generatedAt: shown.written?.at ?? null
  }
}

async function people (accounts) {
  const { rows } = await pool.query({
    name: 'people',
    text: 'select account, name from peer.names where account = any($1)',
    values: [[...new Set(accounts)]]
  })
  const names = new Map(rows.map(({ account, name }) => [account, name]))
  return accounts.map(id => ({ id, displayName: names.get(id) ?? null }))
}

const resolvers = {
  Query: {
    async interviews (_, { where, first }) {
      const { rows } = await pool.query({
        name: 'page',
        text: `select key, row from read.interviews where tenant = $1 and starts >= $2 order by starts, key limit $3`,
        values: [TENANT, Date.parse(where.start.gte) * 1000, first + 1]
      })
      const hasNextPage = rows.length > first
      return {
        edges: rows.slice(0, first).map(row => ({ node: interview(row) })),
        pageInfo: { hasNextPage }
      }
    }
  }
}

const loader = load => ({ loader: load, opts: { cache: false } })

const loaders = {
  Interview: {
    candidate: loader(queries => people(queries.map(({ obj }) => obj.candidateId))),
    reports: loader(async queries => {
      const { rows } = await pool.query({
        name: 'reports',
        text: 'select interview, row from read.reports where tenant = $1 and interview = any($2) order by key',
        values: [TENANT, queries.map(({ obj }) => obj.key)]
      })
      const found = new Map()
      for (const { interview, row } of rows) {
        const key = interview.toString('hex')
        if (!found.has(key)) found.set(key, [])
        found.get(key).push(report(JSON.parse(row)))
      }
      return queries.map(({ obj }) => found.get(obj.key.toString('hex')) ?? [])
    })
  },
  PanelSeat: {
    person: loader(queries => people(queries.map(({ obj }) => obj.account)))
  }
}

const app = Fastify()
app.register(mercurius, { schema, resolvers, loaders, jit: Number(process.env.PEER_JIT ?? 0) })
app.listen({ host: '127.0.0.1', port: 0 }).then(address => console.log(address.slice('http://'.length)))
