-- The development store's tables. Times: ISO 8601 UTC text; money: minor units; ids: Shopify's numbers.

CREATE TABLE IF NOT EXISTS settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sequences (kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, handle TEXT NOT NULL UNIQUE, title TEXT NOT NULL, body_html TEXT NOT NULL DEFAULT '',
    vendor TEXT NOT NULL DEFAULT '', product_type TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT 'ACTIVE',
    price_minor INTEGER NOT NULL, compare_at_minor INTEGER, sku TEXT, variant_id INTEGER NOT NULL UNIQUE,
    inventory INTEGER NOT NULL DEFAULT 100, gift_card INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS products_sku ON products (sku);
CREATE INDEX IF NOT EXISTS products_updated ON products (updated_at);
CREATE TABLE IF NOT EXISTS customers (
    id INTEGER PRIMARY KEY, email TEXT UNIQUE, first_name TEXT, last_name TEXT,
    locale TEXT NOT NULL DEFAULT 'de', created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE, customer_id INTEGER, email TEXT,
    currency TEXT NOT NULL, subtotal_minor INTEGER NOT NULL, shipping_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL, total_minor INTEGER NOT NULL, financial_status TEXT NOT NULL,
    fulfillment_status TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, processed_at TEXT NOT NULL,
    cancelled_at TEXT, cancel_reason TEXT, test INTEGER NOT NULL DEFAULT 0,
    note_attributes TEXT NOT NULL DEFAULT '[]', discount_codes TEXT NOT NULL DEFAULT '[]', landing_site TEXT,
    customer_locale TEXT, shipping_address TEXT, cart_token TEXT);
CREATE INDEX IF NOT EXISTS orders_created ON orders (created_at, id);
CREATE INDEX IF NOT EXISTS orders_updated ON orders (updated_at, id);
CREATE INDEX IF NOT EXISTS orders_customer ON orders (customer_id, id);
CREATE TABLE IF NOT EXISTS order_lines (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, product_id INTEGER, variant_id INTEGER, sku TEXT,
    title TEXT NOT NULL, quantity INTEGER NOT NULL, current_quantity INTEGER NOT NULL, price_minor INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS order_lines_order ON order_lines (order_id);
CREATE TABLE IF NOT EXISTS fulfillments (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, status TEXT NOT NULL, tracking_company TEXT,
    tracking_number TEXT, tracking_url TEXT, created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fulfillments_order ON fulfillments (order_id);
CREATE TABLE IF NOT EXISTS fulfillment_lines (
    fulfillment_id INTEGER NOT NULL, order_line_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (fulfillment_id, order_line_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS fulfillment_lines_line ON fulfillment_lines (order_line_id);
CREATE TABLE IF NOT EXISTS fulfillment_events (
    id INTEGER PRIMARY KEY, fulfillment_id INTEGER NOT NULL, order_id INTEGER NOT NULL, status TEXT NOT NULL,
    happened_at TEXT NOT NULL, message TEXT, estimated_delivery_at TEXT, created_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS fulfillment_events_fulfillment ON fulfillment_events (fulfillment_id);
CREATE TABLE IF NOT EXISTS refunds (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, created_at TEXT NOT NULL, note TEXT,
    amount_minor INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS refunds_order ON refunds (order_id);
CREATE TABLE IF NOT EXISTS refund_lines (
    refund_id INTEGER NOT NULL, order_line_id INTEGER NOT NULL, quantity INTEGER NOT NULL,
    PRIMARY KEY (refund_id, order_line_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metafields (
    id INTEGER PRIMARY KEY, owner_gid TEXT NOT NULL, namespace TEXT NOT NULL, key TEXT NOT NULL, type TEXT NOT NULL,
    value TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (owner_gid, namespace, key));
CREATE TABLE IF NOT EXISTS installation (
    id INTEGER PRIMARY KEY, scopes TEXT NOT NULL, installed_at TEXT NOT NULL, uninstalled_at TEXT);
CREATE TABLE IF NOT EXISTS access_tokens (
    id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, user_id INTEGER, scopes TEXT NOT NULL,
    issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, refresh_token TEXT UNIQUE, refresh_expires_at INTEGER,
    replaces INTEGER, first_used_at INTEGER, refreshed_at INTEGER, revoked_at INTEGER);
CREATE TABLE IF NOT EXISTS bulk_operations (
    id INTEGER PRIMARY KEY, gid TEXT NOT NULL UNIQUE, type TEXT NOT NULL, status TEXT NOT NULL, query TEXT NOT NULL,
    object_count INTEGER NOT NULL DEFAULT 0, root_object_count INTEGER NOT NULL DEFAULT 0, file TEXT, file_size INTEGER,
    created_at TEXT NOT NULL, completed_at TEXT, error_code TEXT);
CREATE TABLE IF NOT EXISTS discounts (
    code TEXT PRIMARY KEY COLLATE NOCASE, title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('percentage', 'fixed')),
    amount INTEGER NOT NULL, created_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, name TEXT, uri TEXT NOT NULL, webhook_id TEXT NOT NULL,
    event_id TEXT NOT NULL, triggered_at TEXT NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL, status TEXT NOT NULL, last_answer TEXT);
CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (next_at, id) WHERE status = 'pending';
CREATE TABLE IF NOT EXISTS carts (
    token TEXT PRIMARY KEY, customer_id INTEGER, lines TEXT NOT NULL DEFAULT '[]',
    attributes TEXT NOT NULL DEFAULT '{}',
    discount_code TEXT, updated_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, customer_id INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY, received_at TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
    subject TEXT NOT NULL, raw BLOB NOT NULL);
