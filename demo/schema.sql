create table employees (
    id integer primary key,
    name varchar(100) not null,
    email varchar(200) not null unique,
    title varchar(60) not null,
    manager_id integer references employees (id),
    salary decimal(10,2) not null check (salary >= 0),
    hired_on date not null,
    active boolean not null default 1
);

create table customers (
    id integer primary key,
    email varchar(200) not null unique,
    name varchar(100) not null,
    phone varchar(40),
    born_on date,
    vip boolean not null default 0,
    note text,
    last_seen_at timestamp with time zone,
    created_at timestamp not null default current_timestamp
);

create table addresses (
    id integer primary key,
    customer_id integer not null references customers (id) on delete cascade,
    label varchar(40) not null default 'home',
    street varchar(200) not null,
    city varchar(100) not null,
    postcode varchar(20),
    country char(2) not null check (length(country) = 2)
);

create table categories (
    id integer primary key,
    name varchar(60) not null,
    parent_id integer references categories (id),
    unique (parent_id, name)
);

create table products (
    id integer primary key,
    sku varchar(20) not null unique,
    name varchar(120) not null,
    description text,
    category_id integer not null references categories (id),
    price decimal(10,2) not null check (price >= 0),
    cost decimal(10,2) check (cost >= 0),
    weight real,
    stock integer not null default 0,
    discontinued boolean not null default 0,
    released_on date,
    attributes json,
    created_at timestamp not null default current_timestamp
);

create table tags (
    id integer primary key,
    name varchar(40) not null unique
);

create table product_tags (
    product_id integer not null references products (id) on delete cascade,
    tag_id integer not null references tags (id) on delete cascade,
    primary key (product_id, tag_id)
);

create table orders (
    id integer primary key,
    customer_id integer not null references customers (id),
    employee_id integer references employees (id),
    status varchar(20) not null default 'new' check (status in ('new', 'paid', 'shipped', 'returned', 'cancelled')),
    ordered_at timestamp not null default current_timestamp,
    shipped_at timestamp,
    total decimal(10,2) not null default 0 check (total >= 0),
    note text,
    shipping_address_id integer references addresses (id),
    billing_address_id integer references addresses (id),
    check (shipped_at is null or shipped_at >= ordered_at)
);

create table order_items (
    order_id integer not null references orders (id) on delete cascade,
    line_no integer not null check (line_no > 0),
    product_id integer not null references products (id),
    quantity integer not null check (quantity > 0),
    unit_price decimal(10,2) not null check (unit_price >= 0),
    primary key (order_id, line_no)
);

create table reviews (
    id integer primary key,
    product_id integer not null references products (id) on delete cascade,
    customer_id integer not null references customers (id),
    rating smallint not null check (rating between 1 and 5),
    title varchar(120),
    body text,
    published boolean not null default 0,
    created_at timestamp not null default current_timestamp,
    unique (product_id, customer_id)
);

create table payments (
    id integer primary key,
    order_id integer not null references orders (id),
    method varchar(20) not null check (method in ('card', 'transfer', 'cash')),
    amount decimal(10,2) not null,
    card_number varchar(40),
    card_holder varchar(100),
    paid_at timestamp not null default current_timestamp,
    check (method <> 'card' or card_number is not null)
);

create table attachments (
    id integer primary key,
    product_id integer not null references products (id) on delete cascade,
    file_name varchar(120) not null,
    media_type varchar(60) not null default 'application/octet-stream',
    content blob,
    added_at timestamp not null default current_timestamp
);

create table settings (
    name varchar(60) primary key not null,
    value json not null,
    updated_at timestamp not null default current_timestamp
);

create view sales_by_month as
select
    cast(strftime('%Y-%m', o.ordered_at) as text) as month,
    cast(count(distinct o.id) as integer) as orders,
    cast(sum(i.quantity) as integer) as items,
    cast(round(sum(i.quantity * i.unit_price), 2) as real) as revenue
from orders as o
join order_items as i on i.order_id = o.id
where o.status not in ('cancelled', 'returned')
group by 1;

create index employees_by_manager on employees (manager_id);
create index addresses_by_customer on addresses (customer_id);
create index products_by_category on products (category_id);
create index product_tags_by_tag on product_tags (tag_id);
create index orders_by_customer on orders (customer_id);
create index orders_by_employee on orders (employee_id);
create index orders_by_shipping_address on orders (shipping_address_id);
create index orders_by_billing_address on orders (billing_address_id);
create index orders_by_status on orders (status, ordered_at);
create index order_items_by_product on order_items (product_id);
create index reviews_by_customer on reviews (customer_id);
create index payments_by_order on payments (order_id);
create index attachments_by_product on attachments (product_id);

create table trivet_comments (
    resource text not null,
    field text,
    comment text not null,
    unique (resource, field)
);

insert into trivet_comments (resource, field, comment) values
    ('employees', null, 'Who works in the store'),
    ('employees', 'manager_id', 'Whom they report to; nobody for the one at the top'),
    ('employees', 'salary', 'A month, before tax'),
    ('customers', null, 'Who buys'),
    ('customers', 'born_on', 'Their birthday, where they told us'),
    ('customers', 'note', 'What a clerk should know'),
    ('addresses', null, 'Where customers live and have things sent'),
    ('addresses', 'country', 'ISO 3166, two letters'),
    ('categories', null, 'A tree of what is sold'),
    ('products', null, 'What is sold'),
    ('products', 'sku', 'The number on the label'),
    ('products', 'price', 'Before tax'),
    ('products', 'cost', 'What we pay for it ourselves'),
    ('products', 'weight', 'In kilograms'),
    ('products', 'attributes', 'Whatever else is known of it'),
    ('tags', null, 'Words to find products by'),
    ('product_tags', null, 'Which product has which tag'),
    ('orders', null, 'What customers ordered'),
    ('orders', 'status', 'new, paid, shipped, returned or cancelled'),
    ('orders', 'total', 'The sum of its items'),
    ('order_items', null, 'The lines of an order'),
    ('order_items', 'unit_price', 'The price on the day of the order'),
    ('reviews', null, 'What customers say of products'),
    ('reviews', 'rating', 'From 1 (poor) to 5 (splendid)'),
    ('payments', null, 'How orders were paid'),
    ('payments', 'card_number', 'Of test cards only, and a token in their place'),
    ('attachments', null, 'Pictures and papers that belong to products'),
    ('settings', null, 'How the store is set up'),
    ('sales_by_month', null, 'What was sold each month, without cancelled and returned orders');
