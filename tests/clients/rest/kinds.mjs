// postgrest-js over PostgreSQL's own types: arrays, ranges, JSON and text search.
import { PostgrestClient } from '@supabase/postgrest-js';
import { tour } from './tour.mjs';

const db = new PostgrestClient(process.env.REST_URL, { headers: { Authorization: `Bearer ${process.env.TOKEN}` } });
const kinds = () => db.from('kinds').select('id').order('id');

await tour({
  'contains array': () => kinds().contains('tags', ['a']),
  'contains text with spaces': () => kinds().contains('tags', ['c d']),
  'contained by array': () => kinds().containedBy('tags', ['a', 'b', 'c']),
  'overlaps array': () => kinds().overlaps('tags', ['a', 'zz']),
  'contains object': () => kinds().contains('data', { k: [1] }),
  'contained by object': () => kinds().containedBy('data', { k: [1, 2], more: true }),
  'contains range': () => kinds().contains('span', '[2,3)'),
  'overlaps range': () => kinds().overlaps('span', '[4,6)'),
  rangeGt: () => kinds().rangeGt('span', '[0,1)'),
  rangeGte: () => kinds().rangeGte('span', '[5,6)'),
  rangeLt: () => kinds().rangeLt('span', '[6,7)'),
  rangeLte: () => kinds().rangeLte('span', '[1,6)'),
  rangeAdjacent: () => kinds().rangeAdjacent('span', '[5,6)'),
  textSearch: () => kinds().textSearch('document', "'fat' & 'cat'"),
  'textSearch plain': () => kinds().textSearch('document', 'fat cats', { type: 'plain', config: 'english' }),
  'textSearch phrase': () => kinds().textSearch('document', 'fat cats', { type: 'phrase', config: 'english' }),
  'textSearch websearch': () => kinds().textSearch('document', 'cat or dog', { type: 'websearch', config: 'english' }),
  'JSON path': () => kinds().eq('data->>name', 'x'),
  'JSON path compared': () => kinds().gt('data->n', 5),
  'JSON in select': () => db.from('kinds').select('id,data->k->0,name:data->>name').order('id'),
  enum: () => kinds().in('feeling', ['calm']),
  'write arrays': () => db.from('kinds').insert({ id: 9, tags: ['x', 'y z'], numbers: [1, 2], span: '[1,3)', data: { deep: [null] } }).select('tags,numbers,span,data').single(),
});
