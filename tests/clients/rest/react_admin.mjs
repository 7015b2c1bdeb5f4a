// ra-data-postgrest: what react-admin's lists, forms and references ask for, composite keys too.
import module from '@raphiniert/ra-data-postgrest';
import { fetchUtils } from 'ra-core';
import { tour } from './tour.mjs';

const httpClient = (url, options = {}) => {
  options.user = { authenticated: true, token: `Bearer ${process.env.TOKEN}` };
  return fetchUtils.fetchJson(url, options);
};
const provider = module.default({
  apiUrl: process.env.REST_URL,
  httpClient,
  defaultListOp: 'eq',
  primaryKeys: new Map([['order_items', ['order_id', 'line_no']], ['product_tags', ['product_id', 'tag_id']]]),
  schema: module.defaultSchema,
});
const page = { pagination: { page: 1, perPage: 5 }, sort: { field: 'id', order: 'ASC' }, filter: {} };
const link = JSON.stringify([3, 9100]);

await tour({
  list: () => provider.getList('orders', page),
  'list, second page': () => provider.getList('orders', { ...page, pagination: { page: 2, perPage: 2 } }),
  'list, filtered': () => provider.getList('orders', { ...page, filter: { status: 'paid', 'id@gt': 1 } }),
  'list, searched': () => provider.getList('products', { ...page, filter: { 'name@ilike': 'an' } }),
  'list, searched by two words': () => provider.getList('products', { ...page, filter: { 'name@ilike': 'a e' } }),
  'list, any of': () => provider.getList('orders', { ...page, filter: { '@or': { 'status@eq': 'new', 'id@eq': 1 } } }),
  'list, columns': () => provider.getList('orders', { ...page, meta: { columns: ['id', 'customer:customers(name)'] } }),
  'list of a composite key': () => provider.getList('order_items', { ...page, meta: { columns: ['order_id', 'line_no'] } }),
  one: () => provider.getOne('orders', { id: 1, meta: { columns: ['id', 'status'] } }),
  'one of a composite key': () => provider.getOne('order_items', { id: JSON.stringify([1, 1]), meta: { columns: ['order_id', 'line_no', 'quantity'] } }),
  'one that is not': () => provider.getOne('orders', { id: -1 }),
  many: () => provider.getMany('tags', { ids: [1, 3], meta: { columns: ['id', 'name'] } }),
  'many of a composite key': () => provider.getMany('order_items', { ids: [JSON.stringify([1, 1]), JSON.stringify([2, 1])], meta: { columns: ['order_id', 'line_no'] } }),
  references: () => provider.getManyReference('orders', { ...page, target: 'customer_id', id: 1, meta: { columns: ['id'] } }),
  create: () => provider.create('tags', { data: { id: 9100, name: 'admin' } }),
  'create of a composite key': () => provider.create('product_tags', { data: { product_id: 3, tag_id: 9100 } }),
  update: () => provider.update('tags', { id: 9100, data: { id: 9100, name: 'renamed' }, previousData: { id: 9100, name: 'admin' } }),
  updateMany: () => provider.updateMany('tags', { ids: [9100], data: { name: 'renamed again' } }),
  updated: () => provider.getOne('tags', { id: 9100 }),
  'delete of a composite key': () => provider.delete('product_tags', { id: link, previousData: {} }),
  delete: () => provider.delete('tags', { id: 9100, previousData: { id: 9100 } }),
  deleteMany: () => provider.deleteMany('tags', { ids: [9101, 9102] }),
});
