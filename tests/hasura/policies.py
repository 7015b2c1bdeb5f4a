"""Who may do what in the library."""

POLICIES = """
version: 1
anonymous_role: anonymous
resources:
  author:
    permissions:
      scribe: {select: {columns: [id, name], filter: {}}, insert: {columns: [name], check: {}}}
      reader:
        select: {columns: [id, name, born], filter: {active: {_eq: true}}}
      editor:
        select: {columns: '*', filter: {}, allow_aggregations: true}
        insert: {columns: [name, born, rating], check: {rating: {_lte: 5}}, set: {active: true}}
        update: {columns: [name, rating], filter: {active: {_eq: true}}, check: {rating: {_lte: 5}}}
  book:
    permissions:
      scribe:
        select: {columns: [id, title, author_id], filter: {}}
        insert: {columns: [title], check: {}, set: {author_id: 1}}
      reader:
        select: {columns: [id, title, author_id, pages, available], filter: {available: {_eq: true}}, limit: 3, allow_aggregations: true}
      editor:
        select: {columns: '*', filter: {}, allow_aggregations: true}
        insert: {columns: [title, author_id, pages, price], check: {author: {active: {_eq: true}}}}
        update: {columns: [title, pages], filter: {}}
        delete: {filter: {available: {_eq: false}}}
  note:
    permissions:
      writer:
        insert: {columns: '*', check: {}}
"""
