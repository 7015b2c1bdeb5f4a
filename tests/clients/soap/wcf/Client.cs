// A tour of the record shop with WCF: Client.exe ADDRESS USERNAME PASSWORD 11|12 text|digest
using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.ServiceModel;
using System.ServiceModel.Channels;
using System.Text;
using System.Xml;
using Records;

/// A UsernameToken in the header of a request; one for each, for a digest is good for one call.
public class Login : MessageHeader
{
    const string Wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
    const string Wsse = Wss + "wssecurity-secext-1.0.xsd", Wsu = Wss + "wssecurity-utility-1.0.xsd";
    readonly string username, password;
    readonly bool digest;

    public Login(string username, string password, bool digest)
    {
        this.username = username;
        this.password = password;
        this.digest = digest;
    }

    public override string Name { get { return "Security"; } }
    public override string Namespace { get { return Wsse; } }

    protected override void OnWriteHeaderContents(XmlDictionaryWriter writer, MessageVersion version)
    {
        var nonce = new byte[16];
        using (var random = RandomNumberGenerator.Create()) random.GetBytes(nonce);
        string created = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        writer.WriteStartElement("UsernameToken", Wsse);
        writer.WriteElementString("Username", Wsse, username);
        writer.WriteStartElement("Password", Wsse);
        writer.WriteAttributeString("Type", Wss + "username-token-profile-1.0#Password" + (digest ? "Digest" : "Text"));
        writer.WriteString(digest ? DigestOf(nonce, created) : password);
        writer.WriteEndElement();
        writer.WriteElementString("Nonce", Wsse, Convert.ToBase64String(nonce));
        writer.WriteElementString("Created", Wsu, created);
        writer.WriteEndElement();
    }

    string DigestOf(byte[] nonce, string created)
    {
        byte[] all = nonce.Concat(Encoding.UTF8.GetBytes(created + password)).ToArray();
        using (var sha = SHA1.Create()) return Convert.ToBase64String(sha.ComputeHash(all));
    }
}

public static class Client
{
    static Shop shop;
    static Func<Login> login;

    static T Call<T>(Func<Shop, T> operation)
    {
        using (new OperationContextScope((IContextChannel)shop))
        {
            OperationContext.Current.OutgoingMessageHeaders.Add(login());
            return operation(shop);
        }
    }

    static void Tell(string stop, object found)
    {
        Console.WriteLine(stop + ": " + Convert.ToString(found ?? "null", CultureInfo.InvariantCulture));
    }

    static string Titles(Albums[] albums)
    {
        return string.Join(", ", albums.Select(album => album.title));
    }

    public static void Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        string address = args[0], username = args[1], password = args[2];
        bool soap12 = args[3] == "12", digest = args[4] == "digest";

        var version = soap12 ? MessageVersion.Soap12 : MessageVersion.Soap11;
        var binding = new CustomBinding(
            new TextMessageEncodingBindingElement(version, new UTF8Encoding(false)),
            new HttpTransportBindingElement { MaxReceivedMessageSize = 10000000 }); // else an answer may have 64 KiB
        shop = new ChannelFactory<Shop>(binding, new EndpointAddress(address)).CreateChannel();
        login = () => new Login(username, password, digest);

        // a list, a page of it, and what belongs to each row
        var byTitle = new[] { new OrderBy { field = "title" } };
        var page = new Page { limit = 2, limitSpecified = true, includeTotal = true, includeTotalSpecified = true };
        var first = new ListAlbums { orderBy = byTitle, page = page, include = new[] { "artist", "tracks" } };
        ListAlbumsResponse answer = Call(shop => shop.ListAlbums(first));
        Tell("listed", Titles(answer.items));
        Tell("total", answer.totalCount);
        Tell("artist", answer.items[0].artist.name);
        Tell("tracks", string.Join(", ", answer.items[0].tracks.Select(track => track.title)));

        // a filter: released, and either named so or dear
        var filter = new AlbumsFilter
        {
            released = new DateFilter { isNull = false, isNullSpecified = true },
            or = new[]
            {
                new AlbumsFilter { title = new StringFilter { ilike = "%of blue" } },
                new AlbumsFilter { price = new DecimalFilter { gt = 14.00m, gtSpecified = true } },
            },
        };
        answer = Call(shop => shop.ListAlbums(new ListAlbums { filter = filter, orderBy = byTitle }));
        Tell("filtered", Titles(answer.items));

        // a row, every type
        Albums one = Call(shop => shop.GetAlbums(new GetAlbums { id = 3 })).Albums;
        Tell("price", one.price);
        Tell("stars", one.stars);
        Tell("plays", one.plays);
        Tell("minutes", one.minutes);
        Tell("live", one.live ? "true" : "false");
        Tell("released", one.released.Value.ToString("yyyy-MM-dd"));
        Tell("bought", one.bought.Value.ToString("s"));
        Tell("heard", one.heard.Value.ToUniversalTime().ToString("s") + "Z");
        Tell("cover", string.Concat(one.cover.Select(each => each.ToString("x2"))));
        Tell("details", one.details);
        Tell("mark", one.mark);
        Tell("notes", one.notes);
        Tell("nothing", Call(shop => shop.GetAlbums(new GetAlbums { id = 4 })).Albums.released);

        // a row made, changed and deleted; what may be absent is written where ...Specified says so
        var input = new AlbumsInput
        {
            artist_id = 1,
            title = "Ascension",
            price = 12.50m,
            released = new DateTime(1966, 2, 1),
            releasedSpecified = true,
            notes = "signed",
        };
        Albums made = Call(shop => shop.CreateAlbums(new CreateAlbums { albums = input })).Albums;
        Tell("created", made.title + " " + made.price.ToString(CultureInfo.InvariantCulture) + " "
            + made.released.Value.ToString("yyyy-MM-dd") + " " + made.notes);
        var update = new UpdateAlbums
        {
            id = made.id,
            albums = new AlbumsPatch { price = 13.00m, priceSpecified = true },
            setNull = new[] { "notes" },
        };
        Call(shop => shop.UpdateAlbums(update));
        Albums changed = Call(shop => shop.GetAlbums(new GetAlbums { id = made.id })).Albums;
        Tell("changed", changed.price.ToString(CultureInfo.InvariantCulture) + " " + (changed.notes ?? "null"));
        Tell("deleted", Call(shop => shop.DeleteAlbums(new DeleteAlbums { id = made.id })).affectedRows);
        Tell("gone", Call(shop => shop.GetAlbums(new GetAlbums { id = made.id })).Albums);

        // names that XML can't have
        var seventh = new OrderDetailsFilter { OrderNo = new IntFilter { eq = 7, eqSpecified = true } };
        OrderDetails line = Call(shop => shop.ListOrderDetails(new ListOrderDetails { filter = seventh })).items[0];
        Tell("odd names", line.Item2ndname + " " + line.unitprice.ToString(CultureInfo.InvariantCulture));

        // a fault, and what it carries; Mono's WCF reads none that comes with 400, as those of SOAP 1.2 do
        if (!soap12) try
        {
            var bjork = new ArtistsInput { name = "Björk" };
            Call(shop => shop.CreateArtists(new CreateArtists { artists = bjork }));
        }
        catch (FaultException<Problem> fault)
        {
            Problem problem = fault.Detail;
            Tell("fault", problem.code + " " + (problem.traceId != null ? "true" : "false"));
        }

        // a wrong password
        if (!soap12) try
        {
            login = () => new Login(username, "wrong", false);
            Call(shop => shop.GetAlbums(new GetAlbums { id = 3 }));
        }
        catch (FaultException fault)
        {
            Tell("refused", fault.Code.Name);
        }
        login = () => new Login(username, password, digest);

        var byId = new[] { new OrderBy { field = "id" } };
        Playlists[] lists = Call(shop => shop.ListPlaylists(new ListPlaylists { orderBy = byId })).items;
        Tell("arrays", string.Join(" ", lists[0].moods) + ", " + string.Join(" ", lists[0].minutes));
        Tell("empty", lists[1].moods.Length + " " + (lists[1].minutes == null ? "null" : "?"));
    }
}
