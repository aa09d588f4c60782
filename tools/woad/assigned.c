#include "assigned.h"

#include <ctype.h>

#define HEX  VALUE_HEX
#define TEXT VALUE_TEXT
#define U8   VALUE_U8
#define U16  VALUE_U16
#define U32  VALUE_U32
#define I8   VALUE_I8
#define I16  VALUE_I16

static const struct assigned rows[] = {
    /* services */
    {0x1800, HEX, "Generic Access"},
    {0x1801, HEX, "Generic Attribute"},
    {0x1802, HEX, "Immediate Alert"},
    {0x1803, HEX, "Link Loss"},
    {0x1804, HEX, "Tx Power"},
    {0x1805, HEX, "Current Time"},
    {0x1806, HEX, "Reference Time Update"},
    {0x1808, HEX, "Glucose"},
    {0x1809, HEX, "Health Thermometer"},
    {0x180A, HEX, "Device Information"},
    {0x180D, HEX, "Heart Rate"},
    {0x180E, HEX, "Phone Alert Status"},
    {0x180F, HEX, "Battery"},
    {0x1810, HEX, "Blood Pressure"},
    {0x1811, HEX, "Alert Notification"},
    {0x1812, HEX, "Human Interface Device"},
    {0x1813, HEX, "Scan Parameters"},
    {0x1814, HEX, "Running Speed and Cadence"},
    {0x1815, HEX, "Automation IO"},
    {0x1816, HEX, "Cycling Speed and Cadence"},
    {0x1818, HEX, "Cycling Power"},
    {0x1819, HEX, "Location and Navigation"},
    {0x181A, HEX, "Environmental Sensing"},
    {0x181B, HEX, "Body Composition"},
    {0x181C, HEX, "User Data"},
    {0x181D, HEX, "Weight Scale"},
    {0x181E, HEX, "Bond Management"},
    {0x181F, HEX, "Continuous Glucose Monitoring"},
    {0x1822, HEX, "Pulse Oximeter"},
    {0x1826, HEX, "Fitness Machine"},
    {0x1827, HEX, "Mesh Provisioning"},
    {0x1828, HEX, "Mesh Proxy"},
    {0x1843, HEX, "Audio Input Control"},
    {0x1844, HEX, "Volume Control"},
    {0x1845, HEX, "Volume Offset Control"},
    {0x1846, HEX, "Coordinated Set Identification"},
    {0x1848, HEX, "Media Control"},
    {0x1849, HEX, "Generic Media Control"},
    {0x184B, HEX, "Telephone Bearer"},
    {0x184C, HEX, "Generic Telephone Bearer"},
    {0x184D, HEX, "Microphone Control"},
    {0x184E, HEX, "Audio Stream Control"},
    {0x184F, HEX, "Broadcast Audio Scan"},
    {0x1850, HEX, "Published Audio Capabilities"},
    {0x1853, HEX, "Common Audio"},
    {0x1854, HEX, "Hearing Access"},
    /* declarations */
    {0x2800, HEX, "Primary Service"},
    {0x2801, HEX, "Secondary Service"},
    {0x2802, HEX, "Include"},
    {0x2803, HEX, "Characteristic"},
    /* descriptors */
    {0x2900, U16, "Characteristic Extended Properties"},
    {0x2901, TEXT, "Characteristic User Description"},
    {0x2902, U16, "Client Characteristic Configuration"},
    {0x2903, U16, "Server Characteristic Configuration"},
    {0x2904, HEX, "Characteristic Presentation Format"},
    {0x2905, U16, "Characteristic Aggregate Format"},
    {0x2906, HEX, "Valid Range"},
    {0x2907, U16, "External Report Reference"},
    {0x2908, HEX, "Report Reference"},
    /* characteristics */
    {0x2A00, TEXT, "Device Name"},
    {0x2A01, U16, "Appearance"},
    {0x2A04, U16, "Peripheral Preferred Connection Parameters"},
    {0x2A05, U16, "Service Changed"},
    {0x2A06, U8, "Alert Level"},
    {0x2A07, I8, "Tx Power Level"},
    {0x2A08, HEX, "Date Time"},
    {0x2A0F, HEX, "Local Time Information"},
    {0x2A19, U8, "Battery Level"},
    {0x2A1C, HEX, "Temperature Measurement"},
    {0x2A1D, U8, "Temperature Type"},
    {0x2A21, U16, "Measurement Interval"},
    {0x2A22, HEX, "Boot Keyboard Input Report"},
    {0x2A23, HEX, "System ID"},
    {0x2A24, TEXT, "Model Number String"},
    {0x2A25, TEXT, "Serial Number String"},
    {0x2A26, TEXT, "Firmware Revision String"},
    {0x2A27, TEXT, "Hardware Revision String"},
    {0x2A28, TEXT, "Software Revision String"},
    {0x2A29, TEXT, "Manufacturer Name String"},
    {0x2A2A, HEX, "IEEE 11073-20601 Regulatory Certification Data List"},
    {0x2A2B, HEX, "Current Time"},
    {0x2A32, HEX, "Boot Keyboard Output Report"},
    {0x2A33, HEX, "Boot Mouse Input Report"},
    {0x2A35, HEX, "Blood Pressure Measurement"},
    {0x2A37, HEX, "Heart Rate Measurement"},
    {0x2A38, U8, "Body Sensor Location"},
    {0x2A39, U8, "Heart Rate Control Point"},
    {0x2A4A, HEX, "HID Information"},
    {0x2A4B, HEX, "Report Map"},
    {0x2A4C, U8, "HID Control Point"},
    {0x2A4D, HEX, "Report"},
    {0x2A4E, U8, "Protocol Mode"},
    {0x2A4F, HEX, "Scan Interval Window"},
    {0x2A50, HEX, "PnP ID"},
    {0x2A53, HEX, "RSC Measurement"},
    {0x2A5B, HEX, "CSC Measurement"},
    {0x2A63, HEX, "Cycling Power Measurement"},
    {0x2A6D, U32, "Pressure"},
    {0x2A6E, I16, "Temperature"},
    {0x2A6F, U16, "Humidity"},
    {0x2A9D, HEX, "Weight Measurement"},
    {0x2AA6, U8, "Central Address Resolution"},
    {0x2AC9, U8, "Resolvable Private Address Only"},
    {0x2B29, HEX, "Client Supported Features"},
    {0x2B2A, HEX, "Database Hash"},
    {0x2B3A, HEX, "Server Supported Features"},
    {0x2B88, HEX, "Encrypted Data Key Material"},
    {0x2BF5, U8, "LE GATT Security Levels"},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

const struct assigned *assigned_find(const struct woad_uuid *uuid)
{
    struct woad_uuid s = woad_uuid_shorten(uuid);
    for (size_t i = 0; s.len == 2 && i < ROWS; i++)
        if (rows[i].uuid == (s.val[0] | s.val[1] << 8))
            return &rows[i];
    return NULL;
}

const char *assigned_name(const struct woad_uuid *uuid)
{
    const struct assigned *a = assigned_find(uuid);
    return a ? a->name : "";
}

static bool same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        bool blank = *a == ' ' || *a == '-';
        if (blank ? *b != ' ' && *b != '-'
                  : tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
    }
    return *a == *b;
}

/* Characteristics come last, and are meant where a service has the same name. */
const struct assigned *assigned_by_name(const char *name)
{
    for (size_t i = ROWS; i-- > 0;)
        if (same(name, rows[i].name))
            return &rows[i];
    return NULL;
}
