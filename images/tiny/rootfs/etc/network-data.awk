# What network_data.json, an object a line and without blanks, says of the link with the address `mac`, one setting a line;
# nothing of a link that asks by DHCP.
function value(key) {
  if (!match($0, "\"" key "\":\"?[^\",}]*")) return ""
  found = substr($0, RSTART, RLENGTH)
  sub(/^"[^"]*":"?/, "", found)
  return found
}
value("ethernet_mac_address") == mac { link = value("id"); mtu = value("mtu") }
value("link") != "" {
  mine = link != "" && value("link") == link && value("type") == "ipv4"
  if (mine) {
    if (mtu != "") print "mtu", mtu
    print "address", value("ip_address") "/" value("netmask")
  }
}
mine && value("network") == "0.0.0.0" { print "gateway", value("gateway") }
mine && value("link") == "" && value("type") == "dns" { print "dns", value("address") }
