// postgrest-js writes, each with and without its rows back; the orders from 900000 on are this script's own.
import { PostgrestClient } from '@supabase/postgrest-js';
import { tour } from './tour.mjs';

const db = new PostgrestClient(process.env.REST_URL, { headers: { Authorization: `Bearer ${process.env.TOKEN}` } });
const orders = () => db.from('orders');
const mine = () => orders().select('id,customer_id,note').gte('id', 900000).order('id');
const order = (number, note) => ({ id: 900000 + number, customer_id: 1, note });

await tour({
  insert: () => orders().insert(order(0, 'plain')),
  'insert, back': () => orders().insert(order(1, 'back')).select('id,note'),
  'insert, one back': () => orders().insert(order(2, 'one')).select('note').single(),
  'insert several': () => orders().insert([order(3, 'a'), order(4, 'b')], { count: 'exact' }).select('id'),
  'insert several, one back': () => orders().insert([order(5, 'a'), order(6, 'b')]).select().single(),
  'insert with embeds': () => db.from('order_items').insert({ order_id: 900000, line_no: 1, product_id: 1, quantity: 2, ...JSON.parse(process.env.ITEM) }).select('quantity,orders(note),products(id)'),
  'insert with defaults': () => orders().insert([{ id: 900007, customer_id: 1 }, { id: 900008, customer_id: 2, status: 'paid' }], { defaultToNull: false }).select('customer_id,status'),
  'insert with nulls': () => orders().insert([{ id: 900009, customer_id: 1 }, { id: 900010, customer_id: 2, status: 'paid' }]).select('id'),
  'insert what is there': () => orders().insert(order(0, 'twice')),
  'insert an unknown column': () => orders().insert({ ...order(11), colour: 'red' }),
  'insert for nobody': () => orders().insert({ id: 900011, customer_id: -1 }),
  'insert against a rule': () => db.from('order_items').insert({ order_id: 900000, line_no: 2, product_id: 1, quantity: 0, ...JSON.parse(process.env.ITEM) }),
  inserted: () => mine(),
  update: () => orders().update({ note: 'changed' }).eq('id', 900000),
  'update, back': () => orders().update({ note: 'changed too' }).eq('id', 900001).select('id,note'),
  'update, one back': () => orders().update({ note: 'single' }).eq('id', 900002).select('id,note').single(),
  'update, maybe one back': () => orders().update({ note: 'nobody' }).eq('id', -1).select().maybeSingle(),
  'update, counted': () => orders().update({ note: 'both' }, { count: 'exact' }).in('id', [900003, 900004]),
  'update within a limit': () => orders().update({ note: 'two' }).in('id', [900003, 900004]).maxAffected(2).select('id').order('id'),
  'update beyond a limit': () => orders().update({ note: 'too many' }).gte('id', 900000).maxAffected(2),
  'update not single': () => orders().update({ note: 'not single' }).gte('id', 900000).select().single(),
  'update or': () => orders().update({ note: 'either' }).or('id.eq.900007,id.eq.900008').select('id').order('id'),
  'update with embeds': () => orders().update({ note: 'seen' }).eq('id', 900008).select('note,customers(id)'),
  'update nobody': () => orders().update({ note: 'x' }).eq('id', -1).select(),
  'update all': () => orders().update({ note: 'x' }),
  updated: () => mine(),
  upsert: () => orders().upsert([order(1, 'merged'), order(20, 'new')]).select('id,note'),
  'upsert of known ones': () => orders().upsert([order(1, 'merged again')]),
  'upsert, ignored': () => orders().upsert([order(1, 'ignored'), order(21, 'newer')], { ignoreDuplicates: true }).select('id,note'),
  'upsert on a key': () => db.from('order_items').upsert({ order_id: 900000, line_no: 1, product_id: 1, quantity: 5, ...JSON.parse(process.env.ITEM) }, { onConflict: 'order_id,line_no' }).select('quantity'),
  'upsert on no key': () => orders().upsert(order(1, 'x'), { onConflict: 'note' }),
  upserted: () => mine(),
  'delete what is held': () => db.from('customers').delete().eq('id', 1),
  delete: () => orders().delete().eq('id', 900000),
  'delete, back': () => orders().delete().eq('id', 900001).select('id,note'),
  'delete, one back': () => orders().delete().eq('id', 900002).select('id').single(),
  'delete, counted': () => orders().delete({ count: 'exact' }).in('id', [900003, 900004]),
  'delete nobody': () => orders().delete().eq('id', -1).select(),
  'delete beyond a limit': () => orders().delete().gte('id', 900000).maxAffected(1),
  'delete within a limit': () => orders().delete().gte('id', 900000).maxAffected(9).select('id').order('id'),
  'delete all': () => orders().delete(),
  left: () => mine(),
});
