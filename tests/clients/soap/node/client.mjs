// A tour of the record shop with node-soap: client.mjs WSDL USERNAME PASSWORD 11|12 text|digest [arrays]
import soap from "soap";

const [wsdl, username, password, version, kind, ...more] = process.argv.slice(2);
const type = kind === "digest" ? "PasswordDigest" : "PasswordText";

const asText = (text) => text;
const shop = await soap.createClientAsync(wsdl, {
  forceSoap12Headers: version === "12",
  handleNilAsNull: true, // else NULL looks like a field that was not asked for
  // else decimals and longs become Numbers, and times are taken for the local zone's
  customDeserializer: { decimal: asText, long: asText, date: asText, dateTime: asText },
});
shop.setSecurity(new soap.WSSecurity(username, password, { passwordType: type, hasNonce: true }));
const tell = (stop, found) => console.log(`${stop}: ${found}`);

// a list, a page of it, and what belongs to each row
{
  const [answer] = await shop.ListAlbumsAsync({
    orderBy: { item: [{ field: "title" }] },
    page: { limit: 2, includeTotal: true },
    include: { string: ["artist", "tracks"] },
  });
  const albums = answer.items.Albums;
  tell("listed", albums.map((album) => album.title).join(", "));
  tell("total", answer.totalCount);
  tell("artist", albums[0].artist.name);
  tell("tracks", albums[0].tracks.Tracks.map((track) => track.title).join(", "));
}

// a filter: released, and either named so or dear
{
  const [answer] = await shop.ListAlbumsAsync({
    filter: {
      released: { isNull: false },
      or: [{ title: { ilike: "%of blue" } }, { price: { gt: "14.00" } }],
    },
    orderBy: { item: [{ field: "title" }] },
  });
  tell("filtered", answer.items.Albums.map((album) => album.title).join(", "));
}

// a row, every type
{
  const [{ Albums: album }] = await shop.GetAlbumsAsync({ id: 3 });
  for (const name of ["price", "stars", "plays", "minutes", "live"]) tell(name, album[name]);
  for (const name of ["released", "bought", "heard"]) tell(name, album[name]);
  tell("cover", Buffer.from(album.cover, "base64").toString("hex"));
  for (const name of ["details", "mark", "notes"]) tell(name, album[name]);
  const [{ Albums: other }] = await shop.GetAlbumsAsync({ id: 4 });
  tell("nothing", other.released);
}

// a row made, changed and deleted
{
  const [{ Albums: made }] = await shop.CreateAlbumsAsync({
    albums: { artist_id: 1, title: "Ascension", price: "12.50", released: "1966-02-01", notes: "signed" },
  });
  tell("created", `${made.title} ${made.price} ${made.released} ${made.notes}`);
  await shop.UpdateAlbumsAsync({ id: made.id, albums: { price: "13.00" }, setNull: { string: ["notes"] } });
  const [{ Albums: changed }] = await shop.GetAlbumsAsync({ id: made.id });
  tell("changed", `${changed.price} ${changed.notes}`);
  const [{ affectedRows }] = await shop.DeleteAlbumsAsync({ id: made.id });
  tell("deleted", affectedRows);
  const [gone] = await shop.GetAlbumsAsync({ id: made.id });
  tell("gone", gone?.Albums ?? null);
}

// names that XML can't have
{
  const [answer] = await shop.ListOrderDetailsAsync({ filter: { Order_x0020_No: { eq: 7 } } });
  const [line] = answer.items.OrderDetails;
  tell("odd names", `${line._x0032_nd_x0020_name} ${line.unit_x0020_price}`);
}

// a fault, and what it carries
try {
  await shop.CreateArtistsAsync({ artists: { name: "Björk" } });
} catch (error) {
  const fault = error.root.Envelope.Body.Fault;
  const problem = (version === "12" ? fault.Detail : fault.detail).ServiceFault;
  tell("fault", `${problem.code} ${Boolean(problem.traceId)}`);
}

// a wrong password
try {
  shop.setSecurity(new soap.WSSecurity(username, "wrong", { passwordType: "PasswordText" }));
  await shop.GetAlbumsAsync({ id: 3 });
} catch (error) {
  const fault = error.root.Envelope.Body.Fault;
  const code = version === "12" ? fault.Code.Subcode.Value : fault.faultcode;
  tell("refused", code.split(":").pop());
}
shop.setSecurity(new soap.WSSecurity(username, password, { passwordType: type, hasNonce: true }));

if (more.includes("arrays")) {
  const [answer] = await shop.ListPlaylistsAsync({ orderBy: { item: [{ field: "id" }] } });
  const [full, empty] = answer.items.Playlists;
  tell("arrays", `${full.moods.string.join(" ")}, ${full.minutes.int.join(" ")}`);
  // an empty array is an empty element, and that is null here too
  tell("empty", `${(empty.moods?.string ?? []).length} ${empty.minutes}`);
}
