// The operations that the client calls, as a contract of WCF; the types of rows and filters are those of Records.cs.
using System.Runtime.Serialization;
using System.ServiceModel;
using System.Xml.Serialization;
using Records;

public static class Trivet
{
    public const string Namespace = "urn:trivet:v1";
}

[ServiceContract(Namespace = Trivet.Namespace)]
public interface Shop
{
    [OperationContract(Action = Trivet.Namespace + "/ListAlbums", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    ListAlbumsResponse ListAlbums(ListAlbums request);

    [OperationContract(Action = Trivet.Namespace + "/GetAlbums", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    GetAlbumsResponse GetAlbums(GetAlbums request);

    [OperationContract(Action = Trivet.Namespace + "/CreateAlbums", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    CreateAlbumsResponse CreateAlbums(CreateAlbums request);

    [OperationContract(Action = Trivet.Namespace + "/UpdateAlbums", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    UpdateAlbumsResponse UpdateAlbums(UpdateAlbums request);

    [OperationContract(Action = Trivet.Namespace + "/DeleteAlbums", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    DeleteAlbumsResponse DeleteAlbums(DeleteAlbums request);

    [OperationContract(Action = Trivet.Namespace + "/ListOrderDetails", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    ListOrderDetailsResponse ListOrderDetails(ListOrderDetails request);

    [OperationContract(Action = Trivet.Namespace + "/CreateArtists", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    CreateArtistsResponse CreateArtists(CreateArtists request);

    [OperationContract(Action = Trivet.Namespace + "/ListPlaylists", ReplyAction = "*"), XmlSerializerFormat]
    [FaultContract(typeof(Problem), Action = "*", Name = "ServiceFault", Namespace = Trivet.Namespace)]
    ListPlaylistsResponse ListPlaylists(ListPlaylists request);
}

/// What a fault carries.
[DataContract(Name = "ServiceFault", Namespace = Trivet.Namespace)]
public class Problem
{
    [DataMember(Order = 0)] public string code;
    [DataMember(Order = 1)] public string message;
    [DataMember(Order = 2)] public string details;
    [DataMember(Order = 3)] public string hint;
    [DataMember(Order = 4)] public string traceId;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListAlbums
{
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 0)] public AlbumsFilter filter;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 1), XmlArrayItem("item")] public OrderBy[] orderBy;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 2)] public Page page;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 3)] public string[] fields;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 4)] public string[] include;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListAlbumsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 0)] public Albums[] items;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 1)] public long totalCount;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 2)] public string nextCursor;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class GetAlbums
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public int id;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class GetAlbumsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public Albums Albums;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class CreateAlbums
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public AlbumsInput albums;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class CreateAlbumsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public Albums Albums;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class UpdateAlbums
{
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 0)] public int id;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 1)] public AlbumsPatch albums;
    [MessageBodyMember(Namespace = Trivet.Namespace, Order = 2)] public string[] setNull;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class UpdateAlbumsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public Albums Albums;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class DeleteAlbums
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public int id;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class DeleteAlbumsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public int affectedRows;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListOrderDetails
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public OrderDetailsFilter filter;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListOrderDetailsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public OrderDetails[] items;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class CreateArtists
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public ArtistsInput artists;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class CreateArtistsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public Artists Artists;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListPlaylists
{
    [MessageBodyMember(Namespace = Trivet.Namespace), XmlArrayItem("item")] public OrderBy[] orderBy;
}

[MessageContract(WrapperNamespace = Trivet.Namespace)]
public class ListPlaylistsResponse
{
    [MessageBodyMember(Namespace = Trivet.Namespace)] public Playlists[] items;
}
