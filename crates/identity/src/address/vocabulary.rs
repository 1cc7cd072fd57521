//! The words of addresses.

/// The full form of a street type or building type, by any of its usual forms; `None` for another word.
pub(crate) fn street_type(word: &str) -> Option<&'static str> {
    Some(match word {
        "ROAD" | "RD" => "ROAD",
        "STREET" | "STR" | "STRT" => "STREET",
        "AVENUE" | "AVE" | "AV" | "AVEN" | "AVN" => "AVENUE",
        "LANE" | "LN" => "LANE",
        "CLOSE" | "CL" | "CLO" | "CLS" => "CLOSE",
        "COURT" | "CT" | "CRT" => "COURT",
        "DRIVE" | "DR" | "DRV" => "DRIVE",
        "CRESCENT" | "CRES" | "CRESC" | "CR" => "CRESCENT",
        "GARDENS" | "GDNS" | "GDS" | "GRDNS" => "GARDENS",
        "GARDEN" | "GDN" => "GARDEN",
        "PLACE" | "PL" => "PLACE",
        "SQUARE" | "SQ" => "SQUARE",
        "TERRACE" | "TER" | "TERR" | "TCE" | "TRC" => "TERRACE",
        "GROVE" | "GRV" | "GRO" | "GR" => "GROVE",
        "PARK" | "PK" => "PARK",
        "WAY" | "WY" => "WAY",
        "WALK" | "WLK" => "WALK",
        "GREEN" | "GRN" | "GN" => "GREEN",
        "HILL" | "HL" => "HILL",
        "RISE" => "RISE",
        "VIEW" | "VW" => "VIEW",
        "MEWS" | "MWS" => "MEWS",
        "PARADE" | "PDE" => "PARADE",
        "PASSAGE" => "PASSAGE",
        "PATH" => "PATH",
        "ROW" => "ROW",
        "VALE" => "VALE",
        "YARD" | "YD" => "YARD",
        "QUAY" => "QUAY",
        "WHARF" => "WHARF",
        "EMBANKMENT" => "EMBANKMENT",
        "BOULEVARD" | "BLVD" => "BOULEVARD",
        "BROADWAY" | "BDWY" => "BROADWAY",
        "CIRCUS" => "CIRCUS",
        "CIRCLE" => "CIRCLE",
        "CRESTWAY" => "CRESTWAY",
        "ESPLANADE" => "ESPLANADE",
        "ESTATE" | "EST" => "ESTATE",
        "FIELDS" | "FLDS" => "FIELDS",
        "HIGHWAY" => "HIGHWAY",
        "MEAD" => "MEAD",
        "MEADOW" => "MEADOW",
        "MEADOWS" => "MEADOWS",
        "MOUNT" | "MT" => "MOUNT",
        "PROMENADE" => "PROMENADE",
        "RIDGE" => "RIDGE",
        "APPROACH" => "APPROACH",
        "ARCADE" => "ARCADE",
        "BANK" => "BANK",
        "BRIDGE" => "BRIDGE",
        "BYWAY" => "BYWAY",
        "CAUSEWAY" => "CAUSEWAY",
        "CHASE" => "CHASE",
        "COMMON" => "COMMON",
        "COPSE" => "COPSE",
        "CORNER" => "CORNER",
        "CROFT" => "CROFT",
        "CROSS" => "CROSS",
        "DALE" => "DALE",
        "DENE" => "DENE",
        "DELL" => "DELL",
        "DOWN" => "DOWN",
        "END" => "END",
        "GATE" => "GATE",
        "GLADE" => "GLADE",
        "GLEN" => "GLEN",
        "HEATH" => "HEATH",
        "LEA" => "LEA",
        "LOAN" => "LOAN",
        "MALL" => "MALL",
        "ORCHARD" => "ORCHARD",
        "REACH" => "REACH",
        "RIDING" => "RIDING",
        "SPINNEY" => "SPINNEY",
        "STRAND" => "STRAND",
        "WOOD" => "WOOD",
        _ => return None,
    })
}

/// The full form of a word that names a building, by any of its usual forms.
pub(crate) fn building(word: &str) -> Option<&'static str> {
    Some(match word {
        "HOUSE" | "HSE" => "HOUSE",
        "COTTAGE" | "COTT" => "COTTAGE",
        "COTTAGES" | "COTTS" => "COTTAGES",
        "LODGE" | "LDG" => "LODGE",
        "TOWER" | "TWR" => "TOWER",
        "TOWERS" => "TOWERS",
        "POINT" | "PT" => "POINT",
        "MANSION" => "MANSION",
        "MANSIONS" | "MANS" => "MANSIONS",
        "BUILDING" | "BLDG" => "BUILDING",
        "BUILDINGS" | "BLDGS" => "BUILDINGS",
        "HEIGHTS" | "HTS" => "HEIGHTS",
        "APARTMENTS" | "APTS" => "APARTMENTS",
        "FARM" => "FARM",
        "FARMHOUSE" => "FARMHOUSE",
        "BUNGALOW" => "BUNGALOW",
        "VILLA" => "VILLA",
        "VILLAS" => "VILLAS",
        "VICARAGE" => "VICARAGE",
        "RECTORY" => "RECTORY",
        "MANOR" => "MANOR",
        "HALL" => "HALL",
        "BARN" => "BARN",
        "BLOCK" => "BLOCK",
        "MILL" => "MILL",
        _ => return None,
    })
}

/// Words written short anywhere in an address.
pub(crate) fn full_word(word: &str) -> &str {
    match word {
        "UPR" => "UPPER",
        "LWR" => "LOWER",
        "NTH" => "NORTH",
        "STH" => "SOUTH",
        "GT" => "GREAT",
        "1ST" => "FIRST",
        "2ND" => "SECOND",
        "3RD" => "THIRD",
        "4TH" => "FOURTH",
        "5TH" => "FIFTH",
        "6TH" => "SIXTH",
        "7TH" => "SEVENTH",
        "8TH" => "EIGHTH",
        "9TH" => "NINTH",
        "10TH" => "TENTH",
        other => building(other).unwrap_or(other),
    }
}

/// Points of the compass that follow a street type (`PARK ROAD NORTH`).
pub(crate) fn is_direction(word: &str) -> bool {
    matches!(word, "NORTH" | "SOUTH" | "EAST" | "WEST")
}

/// Words that announce a part of a building.
pub(crate) fn is_flat_word(word: &str) -> bool {
    matches!(
        word,
        "FLAT"
            | "FLT"
            | "APARTMENT"
            | "APT"
            | "APPT"
            | "UNIT"
            | "MAISONETTE"
            | "MAIS"
            | "STUDIO"
            | "SUITE"
    )
}

/// Words before `FLAT` or `FLOOR FLAT` that say which one.
pub(crate) fn floor(word: &str) -> Option<&'static str> {
    Some(match word {
        "GROUND" | "GRD" | "GND" => "GROUND",
        "BASEMENT" | "BSMT" => "BASEMENT",
        "GARDEN" | "GDN" => "GARDEN",
        "TOP" => "TOP",
        "ATTIC" => "ATTIC",
        "LOWER" => "LOWER",
        "UPPER" => "UPPER",
        "FIRST" => "FIRST",
        "SECOND" => "SECOND",
        "THIRD" => "THIRD",
        "FOURTH" => "FOURTH",
        "REAR" => "REAR",
        "FRONT" => "FRONT",
        _ => return None,
    })
}

/// Counties and countries: never the town.
pub(crate) fn is_region(text: &str) -> bool {
    matches!(
        text,
        "KENT"
            | "ESSEX"
            | "SURREY"
            | "MIDDLESEX"
            | "MIDDX"
            | "HERTFORDSHIRE"
            | "HERTS"
            | "BUCKINGHAMSHIRE"
            | "BUCKS"
            | "BERKSHIRE"
            | "BERKS"
            | "EAST SUSSEX"
            | "WEST SUSSEX"
            | "SUSSEX"
            | "HAMPSHIRE"
            | "HANTS"
            | "GREATER LONDON"
            | "GREATER MANCHESTER"
            | "WEST MIDLANDS"
            | "WEST YORKSHIRE"
            | "SOUTH YORKSHIRE"
            | "NORTH YORKSHIRE"
            | "EAST YORKSHIRE"
            | "MERSEYSIDE"
            | "TYNE AND WEAR"
            | "LANCASHIRE"
            | "LANCS"
            | "CHESHIRE"
            | "DEVON"
            | "CORNWALL"
            | "DORSET"
            | "SOMERSET"
            | "WILTSHIRE"
            | "NORFOLK"
            | "SUFFOLK"
            | "CAMBRIDGESHIRE"
            | "CAMBS"
            | "LINCOLNSHIRE"
            | "LINCS"
            | "NOTTINGHAMSHIRE"
            | "NOTTS"
            | "DERBYSHIRE"
            | "STAFFORDSHIRE"
            | "STAFFS"
            | "SHROPSHIRE"
            | "WORCESTERSHIRE"
            | "WORCS"
            | "WARWICKSHIRE"
            | "LEICESTERSHIRE"
            | "LEICS"
            | "NORTHAMPTONSHIRE"
            | "NORTHANTS"
            | "BEDFORDSHIRE"
            | "BEDS"
            | "OXFORDSHIRE"
            | "OXON"
            | "GLOUCESTERSHIRE"
            | "GLOS"
            | "CUMBRIA"
            | "DURHAM COUNTY"
            | "COUNTY DURHAM"
            | "NORTHUMBERLAND"
            | "CLEVELAND"
            | "AVON"
            | "HUMBERSIDE"
            | "ENGLAND"
            | "WALES"
            | "SCOTLAND"
            | "NORTHERN IRELAND"
            | "UK"
            | "UNITED KINGDOM"
            | "GB"
            | "GREAT BRITAIN"
    )
}
