// postgrest-js calls functions of PostgreSQL.
import { PostgrestClient } from '@supabase/postgrest-js';
import { tour } from './tour.mjs';

const db = new PostgrestClient(process.env.REST_URL, { headers: { Authorization: `Bearer ${process.env.TOKEN}` } });

await tour({
  'a value': () => db.rpc('add_up', { a: 1, b: 2 }),
  'by GET': () => db.rpc('add_up', { a: 1 }, { get: true }),
  'an array by GET': () => db.rpc('longest', { texts: ['a', 'b c'] }, { get: true }),
  rows: () => db.rpc('felt', { mood: 'calm' }).select('id,tags'),
  'rows, filtered and sorted': () => db.rpc('felt').select('id').gt('id', 1).order('id', { ascending: false }),
  'rows, counted': () => db.rpc('felt', {}, { count: 'exact' }).select('id').limit(1),
  'rows, headers only': () => db.rpc('felt', {}, { head: true, count: 'exact' }),
  'one row': () => db.rpc('felt', { mood: 'wild' }).select('id').single(),
  'no row': () => db.rpc('felt', { mood: 'wild' }).select('id').eq('id', 1).maybeSingle(),
  csv: () => db.rpc('felt').select('id').order('id').csv(),
  nothing: () => db.rpc('feel', { which: 3, mood: 'wild' }),
  'felt now': () => db.from('kinds').select('feeling').eq('id', 3).single(),
  'undone again': () => db.rpc('feel', { which: 3 }),
  'by GET what writes': () => db.rpc('feel', { which: 1 }, { get: true }),
  unknown: () => db.rpc('add_upp', { a: 1 }),
  raised: () => db.rpc('refuse'),
});
