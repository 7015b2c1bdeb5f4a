"""Which of several relations is meant: hints, names of keys and columns, self references, and what can't be told apart."""

from tests.postgrest.case import ask, ids, refused


def _several(path, parent, child, *ways):
    """An embed that could mean several things: (cardinality, relationship, what the hint calls it)."""
    hints = ", ".join(f"'{child}!{hint}'" for _, _, hint in ways)
    return refused(
        path, 300, "PGRST201", f"Could not embed because more than one relationship was found for '{parent}' and '{child}'",
        [{"cardinality": kind, "embedding": f"{parent} with {child}", "relationship": by} for kind, by, _ in ways],
        f"Try changing '{child}' to one of the following: {hints}. Find the desired relationship in the 'details' key.",
    )  # fmt: skip


def _unknown_hint(path, parent, child, hint):
    details = (
        f"Searched for a foreign key relationship between '{parent}' and '{child}' using the hint '{hint}' in the schema 'public', "
        "but no matches were found."
    )
    return refused(
        path,
        400,
        "PGRST200",
        f"Could not find a relationship between '{parent}' and '{child}' in the schema cache",
        details,
        None,
    )


def _boss(name):
    return {"manager": {"name": f"{name} Boss"}}


SHARED = (
    _several("/places?select=*,schemes(*)", "places", "schemes",
             ("many-to-one", "main_scheme using places(main_scheme_id) and schemes(scheme_id)", "main_scheme"),
             ("many-to-many", "works using works_place(place_id) and works_scheme(scheme_id)", "works"),
             ("many-to-many", "works_first using works_place(place_id) and works_scheme(scheme_id)", "works_first")),
    ask("/places?select=place_id,schemes!works_first(name)&order=place_id", [{"place_id": 1, "schemes": [{"name": "scheme 1"}]}, {"place_id": 2, "schemes": []}]),
    _several("/rinks?select=*,teams(*)", "rinks", "teams", *(
        ("many-to-many", f"bouts using bouts_rink_{r}(rink_{r}) and bouts_team_{t}(team_{t})", "bouts") for r in (1, 2) for t in (1, 2))),
    _several("/left_halves?select=right_halves(*)", "left_halves", "right_halves",
             ("one-to-one", "left_right_1 using left_halves(right_1) and right_halves(id)", "left_right_1"),
             ("one-to-one", "left_right_2 using left_halves(right_2) and right_halves(id)", "left_right_2")),
    _several("/orders?select=*,addresses(*)", "orders", "addresses",
             ("many-to-one", "billing using orders(billing_address_id) and addresses(id)", "billing"),
             ("many-to-one", "shipping using orders(shipping_address_id) and addresses(id)", "shipping")),
    _several("/addresses?select=*,orders(*)", "addresses", "orders",
             ("one-to-many", "billing using addresses(id) and orders(billing_address_id)", "billing"),
             ("one-to-many", "shipping using addresses(id) and orders(shipping_address_id)", "shipping")),
    *(ask(f"/rinks?select=*,bouts!rink_{r}(...teams!team_{t}(*))", []) for r in (1, 2) for t in (1, 2)),
    ask("/readers?select=*,subscribers:follows!subscribed(...readers!subscriber(*))&id=eq.1&subscribers.order=subscriber",
        [{"id": 1, "name": "Mark", "subscribers": [{"id": 3, "name": "Bo"}, {"id": 4, "name": "Jan"}]}]),
    ask("/readers?select=*,follows!subscriber(...readers!subscribed(*))&id=eq.1", [{"id": 1, "name": "Mark", "follows": [{"id": 2, "name": "Elin"}]}]),
    ask("/albums?id=in.(1,3)&select=id,band(id,name)&order=id", [{"id": 1, "band": {"id": 1, "name": "Meridian"}}, {"id": 3, "band": {"id": 2, "name": "Tundra"}}]),
    ask("/albums?id=eq.1&select=id,band_id,band(id)", [{"id": 1, "band_id": 1, "band": {"id": 1}}]),
    ask("/tracks?id=eq.1&select=id,albums_view!album(id,name,bands(id))", [{"id": 1, "albums_view": {"id": 1, "name": "Dawn", "bands": {"id": 1}}}]),
    ask("/tracks?id=eq.1&select=id,album:albums_view!album_id(id,bands(id))", [{"id": 1, "album": {"id": 1, "bands": {"id": 1}}}]),
    ask("/orders?id=eq.1&select=id, name, billing(address), shipping(address)", [{"id": 1, "name": "order 1", "billing": {"address": "address 1"}, "shipping": {"address": "address 2"}}]),
    ask("/orders?id=eq.1&select=id,billing_address_id(id),shipping_address_id(id)", [{"id": 1, "billing_address_id": {"id": 1}, "shipping_address_id": {"id": 2}}]),
    ask("/orders?id=eq.1&select=id,billing_address_id(id),shipping(id)", [{"id": 1, "billing_address_id": {"id": 1}, "shipping": {"id": 2}}]),
    ask("/orders?id=eq.1&select=id,a:addresses!billing(id),b:addresses!shipping_address_id(id)", [{"id": 1, "a": {"id": 1}, "b": {"id": 2}}]),
    ask("/addresses?id=eq.2&select=id,billed:orders!billing(id),shipped:orders!shipping_address_id(id)", [{"id": 2, "billed": [], "shipped": ids(1)}]),
    _unknown_hint("/messages?select=id,sender:persons!space(name)&id=lt.4", "messages", "persons", "space"),
    ask("/remarks?select=content,author(name)", [{"content": "Again, slower", "author": {"name": "Ines"}}]),
    ask("/messages?select=id,sender:person_detail!messages_sender_fkey(name,sent),recipient:person_detail!messages_recipient_fkey(name,received)&id=lt.3&order=id",
        [{"id": 1, "sender": {"name": "Jon", "sent": 2}, "recipient": {"name": "Jane", "received": 2}},
         {"id": 2, "sender": {"name": "Jane", "sent": 1}, "recipient": {"name": "Jon", "received": 1}}]),
    ask("/messages?select=id,sender:persons!sender(name),recipient:persons!recipient(name)&id=eq.1", [{"id": 1, "sender": {"name": "Jon"}, "recipient": {"name": "Jane"}}]),
    ask("/messages?select=id,body,sender(id,name)&id=eq.5", [{"id": 5, "body": "Jake?", "sender": {"id": 4, "name": "Jule"}}]),
    ask("/bands?id=eq.1&select=id,albums:albums!band(id,tracks(id))&albums.order=id&albums.tracks.order=id",
        [{"id": 1, "albums": [{"id": 1, "tracks": ids(1, 2)}, {"id": 2, "tracks": ids(3, 4)}]}]),
    ask("/places?select=name,main_scheme(name)&place_id=eq.1", [{"name": "place 1", "main_scheme": {"name": "scheme 1"}}]),
    ask("/places?select=name,main_scheme_id(name)&place_id=eq.1", [{"name": "place 1", "main_scheme_id": {"name": "scheme 1"}}]),
    ask("/albums?id=in.(1,3)&select=id,band_id(id)&order=id", [{"id": 1, "band_id": {"id": 1}}, {"id": 3, "band_id": {"id": 2}}]),
    ask("/albums?id=eq.1&select=id,band_id,band:band_id(id)", [{"id": 1, "band_id": 1, "band": {"id": 1}}]),
    ask("/places?select=place_id,schemes!works(name)&order=place_id&schemes.order=scheme_id",
        [{"place_id": 1, "schemes": [{"name": "scheme 1"}]}, {"place_id": 2, "schemes": [{"name": "scheme 1"}, {"name": "scheme 2"}]}]),
    ask("/kin?id=in.(3,4)&select=id,parent(id,name,parent(*))&order=id",
        [{"id": "3", "parent": {"id": "1", "name": "Elder", "parent": None}},
         {"id": "4", "parent": {"id": "2", "name": "Kid One", "parent": {"id": "1", "name": "Elder", "parent": None}}}]),
    ask("/kin?id=eq.1&select=id,children:kin!parent(id,children:kin!parent(id))&children.order=id",
        [{"id": "1", "children": [{"id": "2", "children": ids("4")}, {"id": "3", "children": ids("5")}]}]),
    ask("/kin?id=eq.2&select=id,parent(name,children:kin!parent(id))&parent.children.order=id", [{"id": "2", "parent": {"name": "Elder", "children": ids("2", "3")}}]),
    ask("/kin?id=eq.1&select=id,kin(id)&kin.order=id", [{"id": "1", "kin": ids("2", "3")}]),
    ask("/loops?select=id,parent_id,parent:parent_id(id)&order=id", [{"id": 1, "parent_id": None, "parent": None}, {"id": 2, "parent_id": 1, "parent": {"id": 1}}]),
    ask("/loops?select=id,parent_id,childs:loops(id)&order=id", [{"id": 1, "parent_id": None, "childs": ids(2)}, {"id": 2, "parent_id": 1, "childs": []}]),
    ask("/loops_view?select=id,children:loops_view!parent_id(id)&order=id", [{"id": 1, "children": ids(2)}, {"id": 2, "children": []}]),
    ask("/loops_view?select=id,parent_id(id)&order=id", [{"id": 1, "parent_id": None}, {"id": 2, "parent_id": {"id": 1}}]),
    ask("/firms?select=id,referee(name),auditor(name)&id=eq.3", [{"id": 3, "referee": {"name": "Ref"}, "auditor": {"name": "Aud"}}]),
    ask("/firms?select=id,refereed:firms!referee(id)&id=eq.1&refereed.order=id", [{"id": 1, "refereed": ids(3, 4)}]),
    ask("/firms?select=id,audited:firms!auditor(id)&id=eq.2&audited.order=id", [{"id": 2, "audited": ids(3, 4)}]),
    ask("/firms?select=name,manager(name),referee(name,manager(name),auditor(name,manager(name))),auditor(name,manager(name),referee(name,manager(name)))&id=eq.5",
        [{"name": "Cyber", **_boss("Cyber"), "referee": {"name": "Acme", **_boss("Acme"), "auditor": {"name": "Aud", **_boss("Aud")}},
          "auditor": {"name": "Umbra", **_boss("Umbra"), "referee": {"name": "Ref", **_boss("Ref")}}}]),
    ask("/firms?select=name,audited:firms!auditor(name,refereed:firms!referee(name,manager(name)))&id=eq.2&audited.order=id&audited.refereed.order=id",
        [{"name": "Aud", "audited": [{"name": "Acme", "refereed": [{"name": "Cyber", **_boss("Cyber")}, {"name": "Osco", **_boss("Osco")}]}, {"name": "Umbra", "refereed": []}]}]),
)  # fmt: skip

POSTGRES = (
    _several("/agents?select=*,departments(*)", "agents", "departments",
             ("many-to-one", "agents_department using agents(department_id) and departments(id)", "agents_department"),
             ("one-to-many", "departments_head using agents(id) and departments(head_id)", "departments_head")),
    _several("/twice_v2?select=*,twice_v1(*)", "twice_v2", "twice_v1", *(
        ("many-to-one", f"twice_fkey using twice_v2({a}, {b}) and twice_v1(a, b)", "twice_fkey") for a in ("a1", "a2") for b in ("b1", "b2"))),
    *(ask(f"/once_v1?select=*,once_v2!{column}(*)", []) for column in ("one_id1", "one_id2")),
    *(ask(f"/once_v2?select=*,once_v1!{column}(*)", []) for column in ("one_id1", "one_id2")),
    ask("/agents?select=*,departments!agents_department(*)", []),
    ask("/agents?select=*,departments!department_id(*)", []),
    ask("/agents?select=*,led:departments!head_id(*)", []),
)  # fmt: skip
