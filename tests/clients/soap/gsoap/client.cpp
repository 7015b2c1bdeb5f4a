// A tour of the record shop with gSOAP: client ADDRESS USERNAME PASSWORD 11|12 text|digest [arrays]
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "TrivetSoap11.nsmap"
#include "soapTrivetSoap11Proxy.h"
#include "wsseapi.h"

struct Login {
    std::string username, password;
    bool digest;
};

// the header is made anew for each call: a digest is good for one
static void log_in(struct soap *soap, const Login &login) {
    soap_wsse_delete_Security(soap);
    if (login.digest)
        soap_wsse_add_UsernameTokenDigest(soap, "User", login.username.c_str(), login.password.c_str());
    else
        soap_wsse_add_UsernameTokenText(soap, "User", login.username.c_str(), login.password.c_str());
}

// optional elements are pointers; what is made by soap_new_... is freed by soap_end
static std::string *text(struct soap *soap, const char *value) {
    std::string *made = soap_new_std__string(soap);
    *made = value;
    return made;
}

template <typename T> static T *copy(struct soap *soap, T value) {
    T *made = static_cast<T *>(soap_malloc(soap, sizeof(T)));
    *made = value;
    return made;
}

static std::string or_null(const std::string *value) { return value ? *value : "null"; }

static std::string joined(const std::vector<std::string> &words, const char *by) {
    std::string line;
    for (size_t i = 0; i < words.size(); ++i)
        line += (i ? by : "") + words[i];
    return line;
}

static ns1__OrderByList *by(struct soap *soap, const char *field) {
    ns1__OrderByList *order = soap_new_ns1__OrderByList(soap);
    ns1__OrderBy *item = soap_new_ns1__OrderBy(soap);
    item->field = field;
    order->item.push_back(item);
    return order;
}

static std::string titles(const _ns1__ListAlbumsResponse &answer) {
    std::vector<std::string> found;
    for (const ns1__Albums *album : answer.items->Albums)
        found.push_back(*album->title);
    return joined(found, ", ");
}

static void check(TrivetSoap11Proxy &shop, int status) {
    if (status == SOAP_OK)
        return;
    shop.soap_stream_fault(std::cerr);
    exit(1);
}

int main(int, char **argv) {
    // the version of SOAP, argv[4], is settled by the WSDL that this was compiled from
    const std::string address = argv[1];
    const Login login = {argv[2], argv[3], std::string(argv[5]) == "digest"};

    struct soap *soap = soap_new1(SOAP_C_UTFSTRING); // std::string holds UTF-8
    soap_register_plugin(soap, soap_wsse);
    TrivetSoap11Proxy shop(soap, address.c_str());

    // a list, a page of it, and what belongs to each row
    {
        _ns1__ListAlbums request;
        _ns1__ListAlbumsResponse answer;
        request.orderBy = by(soap, "title");
        request.page = soap_new_ns1__Page(soap);
        request.page->limit = copy(soap, 2);
        request.page->includeTotal = copy(soap, true);
        request.include = soap_new_ns1__ArrayOfString(soap);
        request.include->string = {"artist", "tracks"};
        log_in(soap, login);
        check(shop, shop.ListAlbums(&request, answer));
        const ns1__Albums *first = answer.items->Albums[0];
        std::cout << "listed: " << titles(answer) << "\n";
        std::cout << "total: " << *answer.totalCount << "\n";
        std::cout << "artist: " << *first->artist->name << "\n";
        std::vector<std::string> tracks;
        for (const ns1__Tracks *track : first->tracks->Tracks)
            tracks.push_back(*track->title);
        std::cout << "tracks: " << joined(tracks, ", ") << "\n";
    }

    // a filter: released, and either named so or dear
    {
        _ns1__ListAlbums request;
        _ns1__ListAlbumsResponse answer;
        ns1__AlbumsFilter *named = soap_new_ns1__AlbumsFilter(soap), *dear = soap_new_ns1__AlbumsFilter(soap);
        named->title = soap_new_ns1__StringFilter(soap);
        named->title->ilike = text(soap, "%of blue");
        dear->price = soap_new_ns1__DecimalFilter(soap);
        dear->price->gt = text(soap, "14.00");
        request.filter = soap_new_ns1__AlbumsFilter(soap);
        request.filter->or_ = {named, dear};
        request.filter->released = soap_new_ns1__DateFilter(soap);
        request.filter->released->isNull = copy(soap, false);
        request.orderBy = by(soap, "title");
        log_in(soap, login);
        check(shop, shop.ListAlbums(&request, answer));
        std::cout << "filtered: " << titles(answer) << "\n";
    }

    // a row, every type
    {
        _ns1__GetAlbums request;
        _ns1__GetAlbumsResponse answer;
        request.id = 3;
        log_in(soap, login);
        check(shop, shop.GetAlbums(&request, answer));
        const ns1__Albums *album = answer.Albums;
        std::cout << "price: " << *album->price << "\n";
        std::cout << "stars: " << *album->stars << "\n";
        std::cout << "plays: " << *album->plays << "\n";
        std::cout << "minutes: " << *album->minutes << "\n";
        std::cout << "live: " << (*album->live ? "true" : "false") << "\n";
        std::cout << "released: " << *album->released << "\n";
        std::cout << "bought: " << *album->bought << "\n";
        std::cout << "heard: " << *album->heard << "\n";
        std::cout << "cover: ";
        for (int i = 0; i < album->cover->__size; ++i)
            std::cout << std::hex << std::setw(2) << std::setfill('0') << int(album->cover->__ptr[i]) << std::dec;
        std::cout << "\n";
        std::cout << "details: " << *album->details << "\n";
        std::cout << "mark: " << *album->mark << "\n";
        std::cout << "notes: " << *album->notes << "\n";
        request.id = 4;
        log_in(soap, login);
        check(shop, shop.GetAlbums(&request, answer));
        std::cout << "nothing: " << or_null(answer.Albums->released) << "\n";
    }

    // a row made, changed and deleted
    {
        _ns1__CreateAlbums create;
        _ns1__CreateAlbumsResponse made;
        create.albums = soap_new_ns1__AlbumsInput(soap);
        create.albums->artist_USCOREid = 1;
        create.albums->title = "Ascension";
        create.albums->price = "12.50";
        create.albums->released = text(soap, "1966-02-01");
        create.albums->notes = text(soap, "signed");
        log_in(soap, login);
        check(shop, shop.CreateAlbums(&create, made));
        std::cout << "created: " << *made.Albums->title << " " << *made.Albums->price << " "
                  << *made.Albums->released << " " << *made.Albums->notes << "\n";
        const int id = *made.Albums->id;

        _ns1__UpdateAlbums update;
        _ns1__UpdateAlbumsResponse updated;
        update.id = id;
        update.albums = soap_new_ns1__AlbumsPatch(soap);
        update.albums->price = text(soap, "13.00");
        update.setNull = soap_new_ns1__ArrayOfString(soap);
        update.setNull->string = {"notes"};
        log_in(soap, login);
        check(shop, shop.UpdateAlbums(&update, updated));

        _ns1__GetAlbums get;
        _ns1__GetAlbumsResponse changed, gone;
        get.id = id;
        log_in(soap, login);
        check(shop, shop.GetAlbums(&get, changed));
        std::cout << "changed: " << *changed.Albums->price << " " << or_null(changed.Albums->notes) << "\n";

        _ns1__DeleteAlbums remove;
        _ns1__DeleteAlbumsResponse removed;
        remove.id = id;
        log_in(soap, login);
        check(shop, shop.DeleteAlbums(&remove, removed));
        std::cout << "deleted: " << removed.affectedRows << "\n";
        log_in(soap, login);
        check(shop, shop.GetAlbums(&get, gone));
        std::cout << "gone: " << (gone.Albums ? "?" : "null") << "\n";
    }

    // names that XML can't have
    {
        _ns1__ListOrderDetails request;
        _ns1__ListOrderDetailsResponse answer;
        request.filter = soap_new_ns1__OrderDetailsFilter(soap);
        request.filter->Order_USCOREx0020_USCORENo = soap_new_ns1__IntFilter(soap);
        request.filter->Order_USCOREx0020_USCORENo->eq = copy(soap, 7);
        log_in(soap, login);
        check(shop, shop.ListOrderDetails(&request, answer));
        const ns1__OrderDetails *line = answer.items->OrderDetails[0];
        std::cout << "odd names: " << *line->_USCOREx0032_USCOREnd_USCOREx0020_USCOREname << " "
                  << *line->unit_USCOREx0020_USCOREprice << "\n";
    }

    // a fault, and what it carries
    {
        _ns1__CreateArtists request;
        _ns1__CreateArtistsResponse answer;
        request.artists = soap_new_ns1__ArtistsInput(soap);
        request.artists->name = "Björk";
        log_in(soap, login);
        if (shop.CreateArtists(&request, answer) != SOAP_OK) {
            const SOAP_ENV__Detail *detail = soap->version == 2 ? soap->fault->SOAP_ENV__Detail : soap->fault->detail;
            const ns1__ServiceFault *problem = detail->ns1__ServiceFault_;
            std::cout << "fault: " << problem->code << " " << (problem->traceId ? "true" : "false") << "\n";
        }
    }

    // a wrong password
    {
        _ns1__GetAlbums request;
        _ns1__GetAlbumsResponse answer;
        request.id = 3;
        log_in(soap, {login.username, "wrong", false});
        if (shop.GetAlbums(&request, answer) != SOAP_OK) {
            const std::string code = soap->version == 2 ? *soap_faultsubcode(soap) : *soap_faultcode(soap);
            std::cout << "refused: " << code.substr(code.find_last_of(":\"") + 1) << "\n";
        }
    }

    {
        _ns1__ListPlaylists request;
        _ns1__ListPlaylistsResponse answer;
        request.orderBy = by(soap, "id");
        log_in(soap, login);
        check(shop, shop.ListPlaylists(&request, answer));
        const ns1__Playlists *full = answer.items->Playlists[0], *empty = answer.items->Playlists[1];
        std::cout << "arrays: " << joined(full->moods->string, " ") << ", " << full->minutes->int_[0] << " "
                  << full->minutes->int_[1] << "\n";
        std::cout << "empty: " << empty->moods->string.size() << " " << (empty->minutes ? "?" : "null") << "\n";
    }

    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return 0;
}
