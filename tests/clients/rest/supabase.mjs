// supabase-js (without its realtime part, for which Node.js 20 has no WebSocket): signs in, and reads and writes as the one who did.
import { createClient } from '@supabase/supabase-js';
import { tour } from './tour.mjs';

const options = { auth: { persistSession: false, autoRefreshToken: false }, realtime: { transport: class {} } };
const supabase = createClient(process.env.SUITE_URL, 'sb_publishable_any_text', options);
const { EMAIL: email, PASSWORD: password } = process.env;

await tour({
  'nobody reads': () => supabase.from('products').select('id').order('id').limit(3),
  'nobody reads what is closed': () => supabase.from('orders').select('id'),
  'a forged token as the key': () => createClient(process.env.SUITE_URL, 'a.b.c', options).from('products').select('id'),
  'wrong password': () => supabase.auth.signInWithPassword({ email, password: 'wrong' }).then(({ error }) => ({ status: error?.status, code: error?.code })),
  'sign in': () => supabase.auth.signInWithPassword({ email, password }).then(({ data }) => ({ email: data.user?.email, role: data.user?.role })),
  user: () => supabase.auth.getUser().then(({ data }) => ({ email: data.user?.email })),
  'own orders': () => supabase.from('orders').select('id,customer_id', { count: 'exact' }).order('id').limit(5),
  'own orders with items': () => supabase.from('orders').select('id,order_items(line_no,products(name))').order('id').limit(2).order('line_no', { referencedTable: 'order_items' }),
  'hidden table': () => supabase.from('settings').select('*'),
  'hidden column': () => supabase.from('products').select('cost'),
  'write for oneself': () => supabase.from('addresses').insert({ street: '1 Quay', city: 'Oslo', country: 'NO' }).select('customer_id,city').single(),
  'write for another': () => supabase.from('addresses').insert({ customer_id: 2, street: 'x', city: 'x', country: 'NO' }),
  'take it back': () => supabase.from('addresses').delete({ count: 'exact' }).eq('street', '1 Quay'),
  rpc: () => supabase.rpc('nope'),
  'sign out': () => supabase.auth.signOut().then(({ error }) => ({ error })),
  'nobody again': () => supabase.from('products').select('id').order('id').limit(3),
});
