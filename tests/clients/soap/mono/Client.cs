// A tour of the record shop with Mono's wsdl: Client.exe USERNAME PASSWORD 11|12 text|digest
using System;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Web.Services.Protocols;
using System.Xml;
using Records;

/// Writes a UsernameToken into the header of each request; Client.exe.config names it.
public class Login : SoapExtension
{
    public static string Username, Password;
    public static bool Digest;

    public override void ProcessMessage(SoapMessage message)
    {
        if (message.Stage != SoapMessageStage.BeforeSerialize) return;
        const string wss = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-";
        var nonce = new byte[16];
        using (var random = RandomNumberGenerator.Create()) random.GetBytes(nonce);
        string created = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        var document = new XmlDocument();
        document.LoadXml("<wsse:Security xmlns:wsse='" + wss + "wssecurity-secext-1.0.xsd' xmlns:wsu='" + wss
            + "wssecurity-utility-1.0.xsd'><wsse:UsernameToken><wsse:Username/><wsse:Password/><wsse:Nonce/>"
            + "<wsu:Created/></wsse:UsernameToken></wsse:Security>");
        XmlNodeList parts = document.DocumentElement.FirstChild.ChildNodes;
        parts[0].InnerText = Username;
        parts[1].InnerText = Digest ? DigestOf(nonce, created) : Password;
        ((XmlElement)parts[1]).SetAttribute(
            "Type", wss + "username-token-profile-1.0#" + (Digest ? "PasswordDigest" : "PasswordText"));
        parts[2].InnerText = Convert.ToBase64String(nonce);
        parts[3].InnerText = created;
        message.Headers.Add(new SoapUnknownHeader { Element = document.DocumentElement });
    }

    static string DigestOf(byte[] nonce, string created)
    {
        byte[] all = nonce.Concat(Encoding.UTF8.GetBytes(created + Password)).ToArray();
        using (var sha = SHA1.Create()) return Convert.ToBase64String(sha.ComputeHash(all));
    }

    public override object GetInitializer(Type type) { return null; }
    public override object GetInitializer(LogicalMethodInfo method, SoapExtensionAttribute attribute) { return null; }
    public override void Initialize(object initializer) { }
}

public static class Client
{
    static void Tell(string stop, object found)
    {
        Console.WriteLine(stop + ": " + Convert.ToString(found ?? "null", CultureInfo.InvariantCulture));
    }

    static Albums[] List(TrivetService shop, AlbumsFilter filter, Page page, string[] include, out long total)
    {
        bool counted;
        string next;
        var order = new[] { new OrderBy { field = "title" } };
        return shop.ListAlbums(filter, order, page, null, include, out total, out counted, out next);
    }

    public static void Main(string[] args)
    {
        Console.OutputEncoding = new UTF8Encoding(false);
        Login.Username = args[0];
        Login.Password = args[1];
        Login.Digest = args[3] == "digest";
        bool soap12 = args[2] == "12";

        var shop = new TrivetService();
        shop.SoapVersion = soap12 ? SoapProtocolVersion.Soap12 : SoapProtocolVersion.Soap11;

        // a list, a page of it, and what belongs to each row
        long total;
        var page = new Page { limit = 2, limitSpecified = true, includeTotal = true, includeTotalSpecified = true };
        Albums[] albums = List(shop, null, page, new[] { "artist", "tracks" }, out total);
        Tell("listed", string.Join(", ", albums.Select(album => album.title)));
        Tell("total", total);
        Tell("artist", albums[0].artist.name);
        Tell("tracks", string.Join(", ", albums[0].tracks.Select(track => track.title)));

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
        albums = List(shop, filter, null, null, out total);
        Tell("filtered", string.Join(", ", albums.Select(album => album.title)));

        // a row, every type
        Albums one = shop.GetAlbums(3);
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
        Tell("nothing", shop.GetAlbums(4).released);

        // a row made, changed and deleted; what may be absent is written where ...Specified says so
        Albums made = shop.CreateAlbums(new AlbumsInput
        {
            artist_id = 1,
            title = "Ascension",
            price = 12.50m,
            released = new DateTime(1966, 2, 1),
            releasedSpecified = true,
            notes = "signed",
        });
        Tell("created", made.title + " " + made.price.ToString(CultureInfo.InvariantCulture) + " "
            + made.released.Value.ToString("yyyy-MM-dd") + " " + made.notes);
        shop.UpdateAlbums(made.id, new AlbumsPatch { price = 13.00m, priceSpecified = true }, new[] { "notes" }, null);
        Albums changed = shop.GetAlbums(made.id);
        Tell("changed", changed.price.ToString(CultureInfo.InvariantCulture) + " " + (changed.notes ?? "null"));
        Tell("deleted", shop.DeleteAlbums(made.id));
        Tell("gone", shop.GetAlbums(made.id));

        // names that XML can't have
        bool counted;
        string next;
        var seventh = new OrderDetailsFilter { OrderNo = new IntFilter { eq = 7, eqSpecified = true } };
        OrderDetails line = shop.ListOrderDetails(seventh, null, null, null, out total, out counted, out next)[0];
        Tell("odd names", line.Item2ndname + " " + line.unitprice.ToString(CultureInfo.InvariantCulture));

        // a fault, and what it carries
        try
        {
            shop.CreateArtists(new ArtistsInput { name = "Björk" });
        }
        catch (SoapException fault)
        {
            XmlElement problem = fault.Detail["ServiceFault"];
            Tell("fault", problem["code"].InnerText + " " + (problem["traceId"] != null ? "true" : "false"));
        }

        // a wrong password
        try
        {
            Login.Password = "wrong";
            Login.Digest = false;
            shop.GetAlbums(3);
        }
        catch (SoapException fault)
        {
            Tell("refused", soap12 ? fault.SubCode.Code.Name : fault.Code.Name);
        }
        Login.Password = args[1];
        Login.Digest = args[3] == "digest";

        var order = new[] { new OrderBy { field = "id" } };
        Playlists[] lists = shop.ListPlaylists(null, order, null, null, out total, out counted, out next);
        Tell("arrays", string.Join(" ", lists[0].moods) + ", " + string.Join(" ", lists[0].minutes));
        Tell("empty", lists[1].moods.Length + " " + (lists[1].minutes == null ? "null" : "?"));
    }
}
