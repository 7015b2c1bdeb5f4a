"""The words that the demo store's rows are made of: names and places in several scripts, goods, remarks."""

FIRST_NAMES = (
    "Ada", "Alan", "Grace", "Edsger", "Barbara", "Donald", "Margaret", "Niklaus", "Frances", "Tony", "Zoë", "Łukasz",
    "Søren", "Åsa", "Jürgen", "François", "Íñigo", "Đorđe", "Nguyễn", "Ελένη", "Γιώργος", "Анна", "Дмитрий", "Олена",
    "نور", "ليلى", "דוד", "מרים", "さくら", "健太", "小明", "芳", "민준", "अदिति", "สมชาย", "İpek",
)  # fmt: skip
LAST_NAMES = (
    "Lovelace", "Turing", "Hopper", "Dijkstra", "Liskov", "Knuth", "Hamilton", "Wirth", "Allen", "Hoare", "O'Brien",
    "d'Arc", "van der Berg", "Müller-Lüdenscheidt", "Kowalski", "Sørensen", "Ångström", "Çelik", "Παπαδόπουλος",
    "Иванова", "Шевченко", "الخوارزمي", "כהן", "山田", "佐藤", "王", "김", "शर्मा", "Smith", "Null", "True", "N/A",
)  # fmt: skip
STREETS = (
    "High Street", "Rue de l'Église", "Königstraße", "Calle Mayor", "Via Roma", "Улица Ленина", "銀座通り",
    "شارع النيل", "Nørrebrogade", "Świętokrzyska", "Οδός Ερμού", "O'Connell Street", 'The "Old" Mill Lane',
)  # fmt: skip
CITIES = (
    ("London", "GB", "SW1A 1AA"), ("Paris", "FR", "75001"), ("Köln", "DE", "50667"), ("Kraków", "PL", "30-059"),
    ("København", "DK", "1050"), ("Αθήνα", "GR", "105 63"), ("Київ", "UA", "01001"), ("القاهرة", "EG", None),
    ("東京", "JP", "104-0061"), ("서울", "KR", "04524"), ("São Paulo", "BR", "01000-000"), ("Dublin", "IE", "D01 F5P2"),
    ("Boston", "US", "02108"), ("תל אביב", "IL", "6100000"),
)  # fmt: skip
CATEGORIES = {
    "Kitchen": ("Trivets", "Pans", "Knives", "Tea & coffee"),
    "Garden": ("Tools", "Seeds", "Pots"),
    "Books": ("Cookery", "Gardening", "Children's"),
    "Toys": ("Puzzles", "Wooden", "Outdoor"),
    "Électroménager": ("Four", "Cafetière"),
}
ADJECTIVES = (
    "Round", "Tiny", "Grand", "Folding", "Hand-made", "Blue", "Crème", "Cast-iron", "Silent", "Everyday", "Festive",
    "Heavy", "Light", "Rustic", "Modern", "Zen", "Økologisk", "Très petit",
)  # fmt: skip
NOUNS = (
    "trivet", "teapot", "pan", "whisk", "spade", "seed box", "flower pot", "puzzle", "cookbook", "lantern", "kettle",
    "grinder", "basket", "kite", "apron", "tray", "jar", "spoon", 'ruler (12")', "mug",
)  # fmt: skip
TAGS = (
    "new", "sale", "gift", "eco", "handmade", "heavy", "fragile", "bestseller", "last chance", "für Kinder", "北欧",
    "🎁 present", "50% off", "a_b", "under,comma", "(brackets)",
)  # fmt: skip
NOTES = (
    None, None, None, None, None, "", "Leave it with the neighbour", "Please ring twice", "It's a gift: no bill inside",
    'Write "Happy birthday!" on it', "Bitte nicht knicken", "ギフト包装をお願いします",
    "🚲 only, no cars\nsecond gate\tleft", "100% sure; see c:\\orders\\%s", "<b>fragile</b> & heavy", "null", "   ",
)  # fmt: skip
REMARKS = (
    "Does what it should.", "Lovely!", "Broke after a week.", "Très bien, rien à dire.", "Отлично", "素晴らしい 👍",
    "It's \"fine\", I suppose.", "Smaller than I thought.", "", None, "Would buy again & again.", "5 < 6 > 4",
)  # fmt: skip
TITLES = ("Clerk", "Clerk", "Clerk", "Packer", "Packer", "Driver", "Buyer")

# card numbers that networks publish for tests: they pass the check digit, and no bank issued them
TEST_CARDS = (
    "4242424242424242", "4012888888881881", "4000056655665556", "4111111111111111", "5555555555554444",
    "5200828282828210", "5105105105105100", "378282246310005", "371449635398431", "6011111111111117",
    "3056930009020004", "3566002020360505",
)  # fmt: skip
