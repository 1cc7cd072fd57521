//! The words of addresses.

/// The full form of a street type or building type, by any of its usual forms; `None` for another word.
pub(crate) fn street_type(word: &str) -> Option<&'static str> {
    Some(match word.as_bytes() {
        b"ROAD" | b"RD" => "ROAD",
        b"STREET" | b"STR" | b"STRT" => "STREET",
        b"AVENUE" | b"AVE" | b"AV" | b"AVEN" | b"AVN" => "AVENUE",
        b"LANE" | b"LN" => "LANE",
        b"CLOSE" | b"CL" | b"CLO" | b"CLS" => "CLOSE",
        b"COURT" | b"CT" | b"CRT" => "COURT",
        b"DRIVE" | b"DR" | b"DRV" => "DRIVE",
        b"CRESCENT" | b"CRES" | b"CRESC" | b"CR" => "CRESCENT",
        b"GARDENS" | b"GDNS" | b"GDS" | b"GRDNS" => "GARDENS",
        b"GARDEN" | b"GDN" => "GARDEN",
        b"PLACE" | b"PL" => "PLACE",
        b"SQUARE" | b"SQ" => "SQUARE",
        b"TERRACE" | b"TER" | b"TERR" | b"TCE" | b"TRC" => "TERRACE",
        b"GROVE" | b"GRV" | b"GRO" | b"GR" => "GROVE",
        b"PARK" | b"PK" => "PARK",
        b"WAY" | b"WY" => "WAY",
        b"WALK" | b"WLK" => "WALK",
        b"GREEN" | b"GRN" | b"GN" => "GREEN",
        b"HILL" | b"HL" => "HILL",
        b"RISE" => "RISE",
        b"VIEW" | b"VW" => "VIEW",
        b"MEWS" | b"MWS" => "MEWS",
        b"PARADE" | b"PDE" => "PARADE",
        b"PASSAGE" => "PASSAGE",
        b"PATH" => "PATH",
        b"ROW" => "ROW",
        b"VALE" => "VALE",
        b"YARD" | b"YD" => "YARD",
        b"QUAY" => "QUAY",
        b"WHARF" => "WHARF",
        b"EMBANKMENT" => "EMBANKMENT",
        b"BOULEVARD" | b"BLVD" => "BOULEVARD",
        b"BROADWAY" | b"BDWY" => "BROADWAY",
        b"CIRCUS" => "CIRCUS",
        b"CIRCLE" => "CIRCLE",
        b"CRESTWAY" => "CRESTWAY",
        b"ESPLANADE" => "ESPLANADE",
        b"ESTATE" | b"EST" => "ESTATE",
        b"FIELDS" | b"FLDS" => "FIELDS",
        b"HIGHWAY" => "HIGHWAY",
        b"MEAD" => "MEAD",
        b"MEADOW" => "MEADOW",
        b"MEADOWS" => "MEADOWS",
        b"MOUNT" | b"MT" => "MOUNT",
        b"PROMENADE" => "PROMENADE",
        b"RIDGE" => "RIDGE",
        b"APPROACH" => "APPROACH",
        b"ARCADE" => "ARCADE",
        b"BANK" => "BANK",
        b"BRIDGE" => "BRIDGE",
        b"BYWAY" => "BYWAY",
        b"CAUSEWAY" => "CAUSEWAY",
        b"CHASE" => "CHASE",
        b"COMMON" => "COMMON",
        b"COPSE" => "COPSE",
        b"CORNER" => "CORNER",
        b"CROFT" => "CROFT",
        b"CROSS" => "CROSS",
        b"DALE" => "DALE",
        b"DENE" => "DENE",
        b"DELL" => "DELL",
        b"DOWN" => "DOWN",
        b"END" => "END",
        b"GATE" => "GATE",
        b"GLADE" => "GLADE",
        b"GLEN" => "GLEN",
        b"HEATH" => "HEATH",
        b"LEA" => "LEA",
        b"LOAN" => "LOAN",
        b"MALL" => "MALL",
        b"ORCHARD" => "ORCHARD",
        b"REACH" => "REACH",
        b"RIDING" => "RIDING",
        b"SPINNEY" => "SPINNEY",
        b"STRAND" => "STRAND",
        b"WOOD" => "WOOD",
        _ => return None,
    })
}

/// The full form of a word that names a building, by any of its usual forms.
pub(crate) fn building(word: &str) -> Option<&'static str> {
    Some(match word.as_bytes() {
        b"HOUSE" | b"HSE" => "HOUSE",
        b"COTTAGE" | b"COTT" => "COTTAGE",
        b"COTTAGES" | b"COTTS" => "COTTAGES",
        b"LODGE" | b"LDG" => "LODGE",
        b"TOWER" | b"TWR" => "TOWER",
        b"TOWERS" => "TOWERS",
        b"POINT" | b"PT" => "POINT",
        b"MANSION" => "MANSION",
        b"MANSIONS" | b"MANS" => "MANSIONS",
        b"BUILDING" | b"BLDG" => "BUILDING",
        b"BUILDINGS" | b"BLDGS" => "BUILDINGS",
        b"HEIGHTS" | b"HTS" => "HEIGHTS",
        b"APARTMENTS" | b"APTS" => "APARTMENTS",
        b"FARM" => "FARM",
        b"FARMHOUSE" => "FARMHOUSE",
        b"BUNGALOW" => "BUNGALOW",
        b"VILLA" => "VILLA",
        b"VILLAS" => "VILLAS",
        b"VICARAGE" => "VICARAGE",
        b"RECTORY" => "RECTORY",
        b"MANOR" => "MANOR",
        b"HALL" => "HALL",
        b"BARN" => "BARN",
        b"BLOCK" => "BLOCK",
        b"MILL" => "MILL",
        _ => return None,
    })
}

/// Words written short anywhere in an address.
pub(crate) fn full_word(word: &str) -> &str {
    match word.as_bytes() {
        b"UPR" => "UPPER",
        b"LWR" => "LOWER",
        b"NTH" => "NORTH",
        b"STH" => "SOUTH",
        b"GT" => "GREAT",
        b"1ST" => "FIRST",
        b"2ND" => "SECOND",
        b"3RD" => "THIRD",
        b"4TH" => "FOURTH",
        b"5TH" => "FIFTH",
        b"6TH" => "SIXTH",
        b"7TH" => "SEVENTH",
        b"8TH" => "EIGHTH",
        b"9TH" => "NINTH",
        b"10TH" => "TENTH",
        _ => building(word).unwrap_or(word),
    }
}

/// Points of the compass that follow a street type (`PARK ROAD NORTH`).
pub(crate) fn is_direction(word: &str) -> bool {
    matches!(word.as_bytes(), b"NORTH" | b"SOUTH" | b"EAST" | b"WEST")
}

/// Words that announce a part of a building.
pub(crate) fn is_flat_word(word: &str) -> bool {
    matches!(
        word.as_bytes(),
        b"FLAT"
            | b"FLT"
            | b"APARTMENT"
            | b"APT"
            | b"APPT"
            | b"UNIT"
            | b"MAISONETTE"
            | b"MAIS"
            | b"STUDIO"
            | b"SUITE"
    )
}

/// Words before `FLAT` or `FLOOR FLAT` that say which one.
pub(crate) fn floor(word: &str) -> Option<&'static str> {
    Some(match word.as_bytes() {
        b"GROUND" | b"GRD" | b"GND" => "GROUND",
        b"BASEMENT" | b"BSMT" => "BASEMENT",
        b"GARDEN" | b"GDN" => "GARDEN",
        b"TOP" => "TOP",
        b"ATTIC" => "ATTIC",
        b"LOWER" => "LOWER",
        b"UPPER" => "UPPER",
        b"FIRST" => "FIRST",
        b"SECOND" => "SECOND",
        b"THIRD" => "THIRD",
        b"FOURTH" => "FOURTH",
        b"REAR" => "REAR",
        b"FRONT" => "FRONT",
        _ => return None,
    })
}

/// Counties and countries: never the town.
pub(crate) fn is_region(text: &str) -> bool {
    matches!(
        text.as_bytes(),
        b"KENT"
            | b"ESSEX"
            | b"SURREY"
            | b"MIDDLESEX"
            | b"MIDDX"
            | b"HERTFORDSHIRE"
            | b"HERTS"
            | b"BUCKINGHAMSHIRE"
            | b"BUCKS"
            | b"BERKSHIRE"
            | b"BERKS"
            | b"EAST SUSSEX"
            | b"WEST SUSSEX"
            | b"SUSSEX"
            | b"HAMPSHIRE"
            | b"HANTS"
            | b"GREATER LONDON"
            | b"GREATER MANCHESTER"
            | b"WEST MIDLANDS"
            | b"WEST YORKSHIRE"
            | b"SOUTH YORKSHIRE"
            | b"NORTH YORKSHIRE"
            | b"EAST YORKSHIRE"
            | b"MERSEYSIDE"
            | b"TYNE AND WEAR"
            | b"LANCASHIRE"
            | b"LANCS"
            | b"CHESHIRE"
            | b"DEVON"
            | b"CORNWALL"
            | b"DORSET"
            | b"SOMERSET"
            | b"WILTSHIRE"
            | b"NORFOLK"
            | b"SUFFOLK"
            | b"CAMBRIDGESHIRE"
            | b"CAMBS"
            | b"LINCOLNSHIRE"
            | b"LINCS"
            | b"NOTTINGHAMSHIRE"
            | b"NOTTS"
            | b"DERBYSHIRE"
            | b"STAFFORDSHIRE"
            | b"STAFFS"
            | b"SHROPSHIRE"
            | b"WORCESTERSHIRE"
            | b"WORCS"
            | b"WARWICKSHIRE"
            | b"LEICESTERSHIRE"
            | b"LEICS"
            | b"NORTHAMPTONSHIRE"
            | b"NORTHANTS"
            | b"BEDFORDSHIRE"
            | b"BEDS"
            | b"OXFORDSHIRE"
            | b"OXON"
            | b"GLOUCESTERSHIRE"
            | b"GLOS"
            | b"CUMBRIA"
            | b"DURHAM COUNTY"
            | b"COUNTY DURHAM"
            | b"NORTHUMBERLAND"
            | b"CLEVELAND"
            | b"AVON"
            | b"HUMBERSIDE"
            | b"ENGLAND"
            | b"WALES"
            | b"SCOTLAND"
            | b"NORTHERN IRELAND"
            | b"UK"
            | b"UNITED KINGDOM"
            | b"GB"
            | b"GREAT BRITAIN"
    )
}
